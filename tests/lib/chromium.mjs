// Chromium over a DevTools pipe. It attaches to pages only: a session that is attached to a service worker would keep the worker
// from being stopped when idle, and that stop is part of what is tested.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { killGroup, removeFolder, tempFolder, watchChild } from './ending.mjs';

const FLAGS = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--no-default-browser-check',
  '--window-size=1100,900',
];
const EXECUTABLE = process.env.OFFING_CHROMIUM ?? '/usr/bin/chromium';

export class ChromiumDriver {
  name = 'chromium';
  #id = 0;
  #pending = new Map();
  #sessions = new Map();
  #workers = new Map();
  #tail = '';

  static async launch({ flags = [] } = {}) {
    const driver = new ChromiumDriver();
    driver.profile = tempFolder('chromium');
    const sandbox = process.getuid() === 0 ? ['--no-sandbox'] : [];
    const args = [...FLAGS, ...sandbox, ...flags, `--user-data-dir=${driver.profile}`, 'about:blank'];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'];
    driver.child = watchChild(spawn(EXECUTABLE, args, { stdio, detached: true }));
    driver.exited = new Promise((resolve) => {
      driver.child.once('exit', resolve);
      driver.child.once('error', resolve);
    });
    driver.exited.then(() => driver.#failAll(new Error('the browser has ended')));
    driver.child.stdio[3].on('error', () => {});
    driver.child.stdio[4].setEncoding('utf8').on('data', (text) => driver.#read(text));
    await driver.send('Browser.getVersion');
    return driver;
  }

  #failAll(error) {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #read(text) {
    const parts = (this.#tail + text).split('\0');
    this.#tail = parts.pop();
    for (const part of parts) this.#handle(JSON.parse(part));
  }

  #handle({ id, method, params, result, error, sessionId }) {
    if (!id) return this.#sessions.get(sessionId)?.hear(method, params);
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) call?.reject(new Error(`${call.method}: ${error.message}`));
    else call?.resolve(result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, method });
      this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  async newPage() {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new ChromiumPage(this, targetId, sessionId);
    this.#sessions.set(sessionId, page);
    for (const domain of ['Page', 'Runtime', 'Log']) await page.send(`${domain}.enable`);
    return page;
  }

  // As the browser does it to an idle worker, at once.
  async stopWorkers() {
    const page = [...this.#sessions.values()].find((each) => !each.gone);
    await page.send('ServiceWorker.enable');
    await page.send('ServiceWorker.stopAllWorkers');
    await page.send('ServiceWorker.disable');
  }

  // Takes the network from the workers that run now, or gives it back. For the browser they are offline: `sync` waits. From then on
  // they are not stopped when idle.
  async setOffline(offline) {
    const { targetInfos } = await this.send('Target.getTargets');
    for (const { targetId, type } of targetInfos) {
      if (type !== 'service_worker') continue;
      const known = this.#workers.get(targetId);
      const { sessionId } = known ?? (await this.send('Target.attachToTarget', { targetId, flatten: true }));
      this.#workers.set(targetId, { sessionId });
      await this.send('Network.enable', {}, sessionId);
      const conditions = { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
      await this.send('Network.emulateNetworkConditions', conditions, sessionId);
    }
  }

  // These, and from then on no others.
  grant(...permissions) {
    return this.send('Browser.grantPermissions', { permissions });
  }

  async close() {
    this.send('Browser.close').catch(() => {});
    const timer = setTimeout(() => killGroup(this.child), 5_000);
    await this.exited;
    clearTimeout(timer);
    killGroup(this.child);
    removeFolder(this.profile);
  }
}

class ChromiumPage {
  messages = [];
  #loads = [];

  constructor(driver, targetId, sessionId) {
    Object.assign(this, { driver, targetId, sessionId });
  }

  send(method, params) {
    return this.driver.send(method, params, this.sessionId);
  }

  hear(method, params) {
    if (method === 'Page.loadEventFired') for (const loaded of this.#loads.splice(0)) loaded();
    if (method === 'Runtime.consoleAPICalled') {
      const text = params.args.map((arg) => arg.value ?? arg.description).join(' ');
      this.messages.push({ type: params.type, text });
    }
    if (method === 'Runtime.exceptionThrown') {
      const { exception, text } = params.exceptionDetails;
      this.messages.push({ type: 'exception', text: exception?.description ?? text });
    }
    if (method === 'Log.entryAdded') this.messages.push({ type: params.entry.level, text: params.entry.text });
  }

  #load(timeout) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no load event within ${timeout} ms`)), timeout);
      this.#loads.push(() => resolve(clearTimeout(timer)));
    });
  }

  async goto(url, { timeout = 20_000 } = {}) {
    const loaded = this.#load(timeout);
    loaded.catch(() => {});
    const { errorText } = await this.send('Page.navigate', { url });
    if (errorText) return errorText;
    await loaded;
    return undefined;
  }

  async reload({ timeout = 20_000 } = {}) {
    const loaded = this.#load(timeout);
    await this.send('Page.reload');
    await loaded;
  }

  async eval(expression) {
    const params = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', params);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  bringToFront() {
    return this.send('Page.bringToFront');
  }

  resize(width, height) {
    const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
    return this.send('Emulation.setDeviceMetricsOverride', metrics);
  }

  async screenshot(file) {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    writeFileSync(file, Buffer.from(data, 'base64'));
  }

  async close() {
    this.gone = true;
    await this.driver.send('Target.closeTarget', { targetId: this.targetId });
  }
}
