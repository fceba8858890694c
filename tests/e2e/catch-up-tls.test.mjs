// The main job over TLS.
import { browserNames } from '../lib/pages.mjs';
import { catchingUp } from './catching-up.mjs';
import { SecureScene } from './secure-scene.mjs';

for (const name of browserNames) catchingUp(`in ${name}, over TLS`, () => SecureScene.open(name));
