// The app server of the comparison: counts the effects of the writes it gets, and answers as it is told to.
import http from 'node:http';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const HERE = import.meta.dirname;

async function bundle(library) {
  const entryPoints = [path.join(HERE, `${library}.js`)];
  const define = { 'process.env.NODE_ENV': '"production"' };
  const { outputFiles } = await build({ entryPoints, bundle: true, format: 'iife', write: false, define });
  return outputFiles[0].text;
}

export class WritesApp {
  effects = []; // the bodies of the writes that took effect, in order
  tokens = []; // the Authorization of each attempt
  next = []; // how the next attempts are answered: 'late' (only the answer), 'hang', 'refused' or a status; then with 201
  attempts = 0;
  #held = [];
  #late = [];

  // library: whose worker it serves, undefined for none.
  static async start(library) {
    const app = new WritesApp();
    const worker = library && (await bundle(library));
    const page = readFileSync(path.join(HERE, 'page.html'));
    app.server = http.createServer((request, response) => {
      if (request.method === 'POST') return app.#write(request, response);
      const found = request.url.startsWith('/sw.js') ? worker : request.url.startsWith('/?') ? page : undefined;
      const type = found === worker ? 'text/javascript' : 'text/html';
      response.writeHead(found ? 200 : 404, { 'Content-Type': type, 'Cache-Control': 'no-cache' }).end(found);
    });
    await new Promise((resolve) => app.server.listen(0, '127.0.0.1', resolve));
    app.port = app.server.address().port;
    return app;
  }

  async #write(request, response) {
    let body = '';
    for await (const chunk of request) body += chunk;
    this.attempts++;
    this.tokens.push(request.headers.authorization);
    const how = this.next.shift() ?? 201;
    if (how === 'hang') return this.#held.push(response);
    if (how === 'late' || how === 201) this.effects.push(body);
    if (how === 'late') return this.#late.push(response);
    if (typeof how === 'string') return response.destroy();
    response.writeHead(how, { 'Content-Type': 'application/json' }).end('{}');
  }

  // Answers what is late, and breaks off what hangs.
  letGo() {
    for (const response of this.#late.splice(0)) response.writeHead(201).end('{}');
    for (const response of this.#held.splice(0)) response.destroy();
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

// What a hotel's network says to every request.
export async function portal() {
  const server = http.createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome! Please log in</h1>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    stop: () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))),
  };
}
