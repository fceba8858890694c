// An origin that counts its own effects: an order takes effect with its key, in one step, as an app with a database would do it. It refuses what
// it never takes, is busy at times, and at times acts without answering.
import http from 'node:http';

export const REFUSED = (n) => n % 7 === 3;

export class Shop {
  effects = []; // {key, lane, n}, in order
  asked = new Map(); // key → how often
  rate = 0; // of requests that go wrong

  static async start(random, faults) {
    const shop = new Shop();
    Object.assign(shop, { random, faults });
    shop.server = http.createServer((request, response) => void shop.#order(request, response).catch(() => {}));
    await new Promise((resolve) => shop.server.listen(0, '127.0.0.1', resolve));
    shop.origin = `http://127.0.0.1:${shop.server.address().port}`;
    return shop;
  }

  async #order(request, response) {
    let body = '';
    for await (const chunk of request) body += chunk;
    const key = request.headers['idempotency-key'];
    this.asked.set(key, (this.asked.get(key) ?? 0) + 1);
    const { lane, n } = JSON.parse(body);
    const answer = (status) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(`{"n":${n}}`);
    const fault = this.random.chance(this.rate) ? this.random.pick(['busy', 'acted in silence']) : '';
    if (fault) this.faults.struck(`origin ${fault}`);
    if (fault === 'busy') return answer(503);
    if (REFUSED(n)) return answer(422);
    if (!this.effects.some((effect) => effect.key === key)) this.effects.push({ key, lane, n });
    return fault ? response.destroy() : answer(201);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
