// An app server of somebody else's, in Node: started on a free port, killed, started again on the same.
import { spawn } from 'node:child_process';
import { killGroup, watchChild } from './ending.mjs';
import { freePort } from './ports.mjs';
import { ROOT } from './server.mjs';
import { until } from './until.mjs';

export class App {
  // args: of node; env: besides the environment and PORT; cwd: where it runs.
  static async start({ args, env = {}, cwd, health = '/' }) {
    const app = new App();
    app.port = await freePort();
    Object.assign(app, { args, env, cwd, health, origin: `http://127.0.0.1:${app.port}` });
    await app.run();
    return app;
  }

  // What a listing or an example requires is looked up here.
  async run() {
    const env = { ...process.env, NODE_PATH: `${ROOT}/node_modules`, ...this.env, PORT: String(this.port) };
    const options = { cwd: this.cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] };
    this.child = watchChild(spawn(process.execPath, this.args, options));
    this.said = '';
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.said = (this.said + text).slice(-20_000)));
    }
    this.exited = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({ code, signal })));
    let gone;
    this.exited.then((how) => (gone = how));
    const answers = () => gone || fetch(this.origin + this.health).then(({ ok }) => ok);
    await until('the app answers', answers, { timeout: 15_000 });
    if (gone) throw new Error(`the app ended with ${JSON.stringify(gone)}:\n${this.said}`);
  }

  async kill() {
    killGroup(this.child);
    return this.exited;
  }
}
