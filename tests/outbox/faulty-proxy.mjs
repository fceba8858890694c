// The network between a browser and the server, request by request: it drops them, delays them, sends them twice, and cuts answers off.
import http from 'node:http';
import { freePort } from '../lib/ports.mjs';
import { sleep } from '../lib/until.mjs';

export const NETWORK_FAULTS = ['request dropped', 'answer dropped', 'delayed', 'sent twice', 'answer cut off'];
const MAX_DELAY_MS = 120;

export class FaultyProxy {
  rate = 0; // of requests that meet a fault
  isCut = false;
  spoil = (headers) => headers; // of each request that goes on
  #sockets = new Set();

  static async start(targetPort, random, faults) {
    const proxy = new FaultyProxy();
    Object.assign(proxy, { targetPort, random, faults, port: await freePort() });
    proxy.origin = `http://127.0.0.1:${proxy.port}`;
    proxy.server = http.createServer((request, response) => void proxy.#pass(request, response));
    proxy.server.on('connection', (socket) => {
      proxy.#sockets.add(socket);
      socket.on('close', () => proxy.#sockets.delete(socket));
    });
    await new Promise((resolve) => proxy.server.listen(proxy.port, '127.0.0.1', resolve));
    return proxy;
  }

  cut() {
    this.isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore() {
    this.isCut = false;
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #pass(request, response) {
    request.on('error', () => {});
    response.on('error', () => {});
    const chunks = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const fault = this.random.chance(this.rate) ? this.random.pick(NETWORK_FAULTS) : '';
    if (this.isCut) return void response.destroy();
    if (fault) this.faults.struck(fault);
    if (fault === 'request dropped') return void response.destroy();
    if (fault === 'delayed') await sleep(this.random.between(1, MAX_DELAY_MS));
    const send = () => this.#forward(request, Buffer.concat(chunks)).catch(() => undefined);
    const early = fault === 'sent twice' ? send() : undefined;
    if (early && this.random.chance(0.5)) await early;
    const answer = await send();
    await early;
    if (!answer || this.isCut || fault === 'answer dropped') return void response.destroy();
    response.writeHead(answer.status, answer.headers);
    if (fault !== 'answer cut off') return void response.end(answer.body);
    response.write(answer.body.subarray(0, answer.body.length / 2));
    setTimeout(() => response.destroy(), 5);
  }

  // {status, headers, body}; rejects if there is no whole answer.
  #forward({ method, url, headers }, body) {
    return new Promise((resolve, reject) => {
      const options = { port: this.targetPort, host: '127.0.0.1', method, path: url, agent: false };
      const kept = { ...this.spoil(headers), connection: 'close', 'content-length': body.length };
      const request = http.request({ ...options, headers: kept }, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const { 'transfer-encoding': _, connection: __, ...rest } = answer.headers;
          const whole = Buffer.concat(chunks);
          resolve({ status: answer.statusCode, headers: { ...rest, 'content-length': whole.length }, body: whole });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}
