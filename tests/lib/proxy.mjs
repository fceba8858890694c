// A TCP proxy that stands for the network: cut() destroys every connection and refuses new ones, restore() listens on the same
// port again.
import net from 'node:net';
import { freePort } from './ports.mjs';

export class CuttableProxy {
  #pairs = new Set();
  #listener;
  #left = Infinity; // bytes that may still come from the server
  #broken = () => {};

  static async start(targetPort) {
    const proxy = new CuttableProxy();
    proxy.targetPort = targetPort;
    proxy.port = await freePort();
    // Browsers treat localhost as a secure context, so that workers can be registered.
    proxy.origin = `http://localhost:${proxy.port}`;
    await proxy.restore();
    return proxy;
  }

  get open() {
    return this.#pairs.size;
  }

  async restore() {
    if (this.#listener) return;
    const listener = net.createServer({ allowHalfOpen: false }, (near) => this.#join(near));
    await new Promise((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.port, '127.0.0.1', resolve);
    });
    this.#listener = listener;
  }

  async cut() {
    const listener = this.#listener;
    this.#listener = undefined;
    const closed = listener && new Promise((resolve) => listener.close(resolve));
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await closed;
  }

  // Breaks every connection once so many more bytes came from the server; answers when that has happened.
  cutAfter(bytes) {
    this.#left = bytes;
    return new Promise((resolve) => (this.#broken = resolve));
  }

  #spend(bytes) {
    if (this.#left === Infinity || (this.#left -= bytes) > 0) return;
    this.#left = Infinity;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#broken();
  }

  #join(near) {
    const far = net.connect(this.targetPort, '127.0.0.1');
    const pair = [near, far];
    this.#pairs.add(pair);
    const end = () => {
      near.destroy();
      far.destroy();
      this.#pairs.delete(pair);
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', end).on('close', end);
    near.pipe(far);
    far.on('data', (chunk) => {
      const part = chunk.subarray(0, Math.min(chunk.length, this.#left));
      if (!near.write(part)) far.pause();
      this.#spend(chunk.length);
    });
    near.on('drain', () => far.resume());
    far.on('end', () => near.end());
  }
}
