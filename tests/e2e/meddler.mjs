// An HTTP proxy that can be told to answer some paths otherwise than the server would.
import http from 'node:http';
import net from 'node:net';

export class Meddler {
  answers = new Map(); // path → (request, response)
  asked = []; // paths, in order

  static async start(targetPort) {
    const meddler = new Meddler();
    meddler.server = http.createServer((request, response) => meddler.#pass(targetPort, request, response));
    meddler.server.on('upgrade', (request, near) => {
      const far = net.connect(targetPort, '127.0.0.1', () => {
        const lines = [`${request.method} ${request.url} HTTP/1.1`];
        for (let n = 0; n < request.rawHeaders.length; n += 2)
          lines.push(`${request.rawHeaders[n]}: ${request.rawHeaders[n + 1]}`);
        far.write(`${lines.join('\r\n')}\r\n\r\n`);
        near.pipe(far).pipe(near);
      });
      for (const socket of [near, far]) socket.on('error', () => [near, far].forEach((each) => each.destroy()));
    });
    await new Promise((resolve) => meddler.server.listen(0, '127.0.0.1', resolve));
    meddler.port = meddler.server.address().port;
    meddler.origin = `http://localhost:${meddler.port}`;
    return meddler;
  }

  #pass(port, request, response) {
    const { pathname } = new URL(request.url, 'http://localhost');
    this.asked.push(pathname);
    const own = this.answers.get(pathname);
    if (own) return own(request, response);
    const { method, url, headers } = request;
    const onward = http.request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    return request.pipe(onward);
  }

  // No answer at all any more.
  async cut() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
