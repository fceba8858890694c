// Firefox over WebDriver BiDi. Only pages are spoken to, and the browser's own context for what no page may do.
import puppeteer from 'puppeteer-core';
import { killGroup, removeFolder, tempFolder } from './ending.mjs';

const EXECUTABLE = process.env.OFFING_FIREFOX ?? '/usr/bin/firefox-esr';
const PREFS = {
  // The browser's own errands, which have nobody to talk to here.
  'dom.push.connection.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'services.settings.server': 'data:,',
};

export class FirefoxDriver {
  name = 'firefox';

  // insecure: certificates are believed whoever signed them.
  static async launch({ prefs = {}, insecure = false } = {}) {
    const driver = new FirefoxDriver();
    driver.profile = tempFolder('firefox');
    driver.browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: EXECUTABLE,
      headless: true,
      userDataDir: driver.profile,
      args: ['--remote-allow-system-access', '--width=1100', '--height=900'],
      acceptInsecureCerts: insecure,
      extraPrefsFirefox: { ...PREFS, ...prefs },
      protocolTimeout: 60_000,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    driver.child = driver.browser.process();
    process.once('exit', () => driver.child.kill('SIGKILL'));
    return driver;
  }

  async newPage() {
    return new FirefoxPage(await this.browser.newPage());
  }

  // Runs an expression with the browser's own rights.
  async privileged(expression) {
    const tree = { 'moz:scope': 'chrome' };
    const { result } = await this.browser.connection.send('browsingContext.getTree', tree);
    const { context } = result.contexts.find(({ url }) => url.includes('browser.xhtml'));
    const params = { expression, target: { context }, awaitPromise: true };
    const answer = await this.browser.connection.send('script.evaluate', params);
    if (answer.result.type === 'exception') throw new Error(answer.result.exceptionDetails.text);
    return answer.result.result?.value;
  }

  // As the browser does it to an idle worker, at once.
  stopWorkers() {
    return this.privileged(`(async () => {
      const manager = Cc['@mozilla.org/serviceworkers/manager;1'].getService(Ci.nsIServiceWorkerManager);
      const all = manager.getAllRegistrations();
      let stopped = 0;
      for (let i = 0; i < all.length; i++) {
        const { activeWorker } = all.queryElementAt(i, Ci.nsIServiceWorkerRegistrationInfo);
        if (activeWorker) {
          await activeWorker.terminateWorker();
          stopped++;
        }
      }
      return stopped;
    })()`);
  }

  async close() {
    await Promise.race([this.browser.close().catch(() => {}), new Promise((late) => setTimeout(late, 8_000).unref())]);
    if (this.child.exitCode === null) killGroup(this.child);
    this.child.kill('SIGKILL');
    removeFolder(this.profile);
  }
}

class FirefoxPage {
  messages = [];

  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(20_000);
    page.on('console', (message) => this.messages.push({ type: message.type(), text: message.text() }));
    page.on('pageerror', (error) => this.messages.push({ type: 'exception', text: String(error) }));
  }

  async goto(url, { timeout = 20_000 } = {}) {
    try {
      await this.page.goto(url, { timeout, waitUntil: 'load' });
      return undefined;
    } catch (error) {
      return error.message;
    }
  }

  async reload({ timeout = 20_000 } = {}) {
    await this.page.reload({ timeout, waitUntil: 'load' });
  }

  eval(expression) {
    return this.page.evaluate(expression);
  }

  bringToFront() {
    return this.page.bringToFront();
  }

  resize(width, height) {
    return this.page.setViewport({ width, height });
  }

  async screenshot(file) {
    await this.page.screenshot({ path: file });
  }

  close() {
    return this.page.close();
  }
}
