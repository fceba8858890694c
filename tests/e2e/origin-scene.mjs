// The same stage with an Express app behind the server. The app makes the feed from a store of its own, and publishes by itself.
import path from 'node:path';
import { OriginApp } from '../lib/origin-app.mjs';
import { HERE, Scene } from './scene.mjs';

export class OriginScene extends Scene {
  // form: how the app keeps Offing informed. site: a folder in front of the app; '': the app serves the pages, too.
  static async open(browserName, { form, site = '', ...options }) {
    const app = await OriginApp.start(form, { publicFolder: site ? '' : path.join(HERE, 'site') });
    const config = `${app.config}\n[fallback]\ndocument = "/away.html"\n`;
    const scene = await super.open(browserName, { ...options, site, config });
    scene.app = app;
    await app.serves(scene.server);
    return scene;
  }

  send(items) {
    return this.app.add(items);
  }

  async close() {
    await super.close();
    await this.app.kill();
  }
}
