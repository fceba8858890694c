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

// The body at the front of `rest`: {body, size: what it takes of `rest`, cut: whether it is not whole}.
function takeBody(headers, rest) {
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(rest);
  const length = Number(headers['content-length'] ?? rest.length);
  return { body: rest.slice(0, length), size: length, cut: rest.length < length };
}

function takeChunks(rest) {
  let body = '';
  let at = 0;
  for (;;) {
    const end = rest.indexOf('\r\n', at);
    const length = end < 0 ? NaN : parseInt(rest.slice(at, end), 16);
    if (Number.isNaN(length)) return { body, size: rest.length, cut: true };
    body += rest.slice(end + 2, end + 2 + length);
    at = end + 2 + length + 2;
    if (rest.length < at) return { body, size: rest.length, cut: true };
    if (length === 0) return { body, size: at, cut: false };
  }
}

// All responses in what was received: [{status, headers, fields, body, framing, cut}]. `heads`: the first so many answer HEAD.
// `fields` are the headers as they came, `framing` says what ends the body, `cut` that it did not come whole.
export function parseResponses(text, { heads = 0 } = {}) {
  const found = [];
  let rest = text;
  while (rest.startsWith('HTTP/1.')) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) break;
    const [first, ...lines] = rest.slice(0, end).split('\r\n');
    const fields = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    const headers = Object.fromEntries(fields);
    const status = Number(first.split(' ')[1]);
    const bodiless = status === 304 || status === 204 || status < 200 || found.length < heads;
    rest = rest.slice(end + 4);
    const { body, size, cut } = bodiless ? { body: '', size: 0, cut: false } : takeBody(headers, rest);
    const framing = headers['transfer-encoding'] ?? (headers['content-length'] ? 'length' : 'close');
    found.push({
      status,
      version: first.slice(5, 8),
      headers,
      fields,
      body,
      framing: bodiless ? 'none' : framing,
      cut,
    });
    rest = rest.slice(size);
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
