// HTTP/1.1 by hand: bytes out, bytes in, for requests that no library would send.
import net from 'node:net';

// Sends `text` (or each part, `pause` ms apart) and answers everything received until the server closes, or until `quiet` ms pass
// after the last byte.
export function exchange(port, text, { quiet = 400, pause = 0, timeout = 30_000 } = {}) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const started = Date.now();
    const socket = net.connect(port, '127.0.0.1');
    const finish = (closed) => {
      clearTimeout(hush);
      clearTimeout(limit);
      socket.destroy();
      const bytes = Buffer.concat(chunks);
      resolve({ bytes, text: bytes.toString('latin1'), closed, ms: Date.now() - started });
    };
    let hush;
    const limit = setTimeout(() => finish(false), timeout);
    const listen = () => {
      clearTimeout(hush);
      if (quiet) hush = setTimeout(() => finish(false), quiet);
    };
    socket.on('error', (error) => (error.code === 'ECONNREFUSED' ? reject(error) : finish(true)));
    socket.on('close', () => finish(true));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      listen();
    });
    socket.on('connect', async () => {
      for (const part of Array.isArray(text) ? text : [text]) {
        if (socket.destroyed) return;
        socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
        if (pause) await new Promise((next) => setTimeout(next, pause));
      }
    });
  });
}

// All responses in what was received: [{status, headers, body}]. `heads`: the first so many answer HEAD.
export function parseResponses(text, { heads = 0 } = {}) {
  const found = [];
  let rest = text;
  while (rest.startsWith('HTTP/1.')) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) break;
    const [first, ...lines] = rest.slice(0, end).split('\r\n');
    const headers = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const status = Number(first.split(' ')[1]);
    const bodiless = status === 304 || status === 204 || status < 200 || found.length < heads;
    const length = bodiless ? 0 : Number(headers['content-length'] ?? 0);
    found.push({ status, headers, body: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
  return found;
}

// One request on a connection of its own: {status, headers, body, closed}.
export async function request(port, method, target, { headers = {}, body = '', ...options } = {}) {
  const lines = Object.entries({ Host: 'localhost', Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  if (body && !headers['Content-Length']) lines.push(`Content-Length: ${Buffer.byteLength(body)}\r\n`);
  const got = await exchange(port, `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`, {
    quiet: 3_000,
    ...options,
  });
  const [response] = parseResponses(got.text, { heads: method === 'HEAD' ? 1 : 0 });
  return { ...response, closed: got.closed, ms: got.ms, text: got.text };
}
