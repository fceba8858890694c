// What tests of the examples have in common: servers that go and come back, pictures, narrow screens, silence.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../lib/server.mjs';
import { until } from '../lib/until.mjs';
import { HERE } from './scene.mjs';

export const EXAMPLES = path.join(ROOT, 'examples');
export const config = (example) => readFileSync(path.join(EXAMPLES, example, 'offing.toml'), 'utf8');
export const text = (tab, id) => tab.eval(`document.getElementById('${id}').textContent`);
export const controlled = (tab) =>
  until('the worker controls the page', () => tab.eval('Boolean(navigator.serviceWorker.controller)'));
export const offline = async (scene) => {
  await scene.server.kill();
  await scene.proxy.cut();
};
export const online = async (scene) => {
  await scene.server.run();
  await scene.proxy.restore();
};

// OFFING_UPDATE_SCREENSHOT=1 renews the one in the documentation.
export async function picture(tab, name, browser) {
  const renew = process.env.OFFING_UPDATE_SCREENSHOT === '1' && browser === 'chromium';
  const folder = renew ? path.join(ROOT, 'docs/images') : path.join(HERE, 'artifacts');
  mkdirSync(folder, { recursive: true });
  await tab.bringToFront();
  await tab.screenshot(path.join(folder, renew ? `${name}.png` : `${name}-${browser}.png`));
}

export async function fits(tab) {
  await tab.resize(320, 700);
  const over = `Math.max(...[...document.querySelectorAll('body *')].map((each) => each.getBoundingClientRect().right)) - innerWidth`;
  assert.ok((await tab.eval(over)) <= 0, `something is ${await tab.eval(over)} pixels too wide`);
  await tab.resize(1100, 900);
}

// What is said where the network was cut is the browser's, and not ours; so is what Firefox says of a request whose page has gone.
export function quiet(tab) {
  const ours = ({ type, text: said }) =>
    /^(warn|error|exception)/.test(type) && !/ERR_|NetworkError|Failed to load (resource|‘’)/.test(said);
  assert.deepEqual(tab.messages.filter(ours), []);
}
