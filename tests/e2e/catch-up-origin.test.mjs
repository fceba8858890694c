// The main job in front of a real Express app with its own store, in both forms of a resource.
import { browserNames } from '../lib/pages.mjs';
import { catchingUp } from './catching-up.mjs';
import { OriginScene } from './origin-scene.mjs';

for (const name of browserNames) {
  for (const form of ['keyed', 'exact']) {
    catchingUp(`in ${name}, in front of Express, ${form}`, () => OriginScene.open(name, { form, site: 'site' }));
  }
}
