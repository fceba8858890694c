// The same stage with TLS from end to end; the network in between sees only what is encrypted.
import { freePort } from '../lib/ports.mjs';
import { Authority } from '../lib/tls-files.mjs';
import { CONFIG, Scene } from './scene.mjs';

// The publisher and the browsers are told to believe a certificate that was made a moment ago.
const BROWSERS = {
  chromium: { flags: ['--ignore-certificate-errors'] },
  firefox: { insecure: true },
};

export class SecureScene extends Scene {
  static async open(browserName, { config = CONFIG, ...options } = {}) {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    const { cert, key } = new Authority().sign('scene');
    const clear = await freePort();
    const tls = `[tls]\ncert = "${cert}"\nkey = "${key}"\nredirect = "127.0.0.1:${clear}"\n`;
    const scene = await super.open(browserName, {
      ...options,
      config: `${config}\n${tls}`,
      browserOptions: BROWSERS[browserName],
      serverOptions: { healthPort: clear },
    });
    scene.server.api.origin = scene.server.origin.replace('http:', 'https:');
    scene.proxy.origin = scene.proxy.origin.replace('http:', 'https:');
    return scene;
  }
}
