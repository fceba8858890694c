// The origin behind both proxies: a real Express app, with a WebSocket beside it. PORT is where it listens.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import express from 'express';
import { WebSocketServer } from 'ws';

const app = express();
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const big = (size) => Buffer.alloc(size, '0123456789abcdef');

app.get('/', (_, res) => res.send('<!doctype html><title>app</title>'));
app.get('/text', (_, res) => res.type('text').set('Cache-Control', 'private, max-age=5').send('hello'));
app.get('/json', (_, res) => res.json({ a: [1, 2], ü: 'ï' }));
app.get('/empty', (_, res) => res.end());
app.get('/status/:code', (req, res) => res.status(Number(req.params.code)).set('X-Kept', 'yes').end());
app.get('/error', () => {
  throw new Error('the app failed');
});

// What arrived here, in the order and the words in which it did.
app.all('/echo{/*rest}', express.raw({ type: () => true, limit: '64mb' }), (req, res) => {
  const headers = [];
  for (let at = 0; at < req.rawHeaders.length; at += 2) headers.push([req.rawHeaders[at], req.rawHeaders[at + 1]]);
  const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
  const sha = createHash('sha256').update(body).digest('hex');
  res.json({ method: req.method, url: req.url, version: req.httpVersion, headers, length: body.length, sha });
});

app.get('/large/:size', (req, res) => res.type('bin').send(big(Number(req.params.size))));
app.get('/gzip', (_, res) => {
  const body = gzipSync('compressed by the app '.repeat(500));
  res.set({ 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }).send(body);
});
app.get('/cookies', (_, res) =>
  res.cookie('a', '1', { httpOnly: true }).cookie('b', '2', { path: '/x' }).send('two cookies'),
);
app.get('/headers/:count', (req, res) => {
  for (let at = 0; at < Number(req.params.count); ++at) res.set(`X-Header-${at}`, 'v'.repeat(20));
  res.send('many headers');
});
app.get('/long-header/:size', (req, res) => res.set('X-Long', 'v'.repeat(Number(req.params.size))).send('long header'));
app.get('/redirect/relative', (_, res) => res.redirect('/text?x=1'));
app.get('/redirect/absolute', (_, res) => res.redirect(301, 'https://elsewhere.example/a b'));
app.get('/redirect/back', (req, res) => res.redirect(307, `http://${req.get('host')}/text`));
app.get('/hop', (_, res) => {
  res
    .set({ Connection: 'X-Hop', 'X-Hop': 'for the next only', 'Proxy-Authenticate': 'Basic', 'X-Through': 'for all' })
    .send('hop');
});

app.get('/stream', async (_, res) => {
  res.type('text');
  for (const part of ['one ', 'two ', 'three']) {
    res.write(part);
    await later(30);
  }
  res.end();
});
app.get('/close-delimited', (_, res) => {
  res.socket.end(
    'HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n\r\nuntil the end',
  );
});

// Sends the second event only when it is told that the first has arrived.
let arrived = () => {};
app.get('/events', async (_, res) => {
  res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  const told = new Promise((resolve) => (arrived = resolve));
  res.write('data: first\n\n');
  await told;
  res.end('data: second\n\n');
});
app.post('/events/arrived', (_, res) => {
  arrived();
  res.end();
});

let smuggled = 0;
app.get('/smuggled', (_, res) => res.send(`smuggled: ${++smuggled}`));
app.get('/smuggled/count', (_, res) => res.send(String(smuggled)));

// Misfortunes.
app.get('/cut/before', (_, res) => res.socket.destroy());
app.get('/cut/within', (_, res) => {
  res.set('Content-Length', '100').write('half');
  setTimeout(() => res.socket.destroy(), 30);
});
app.get('/cut/chunks', (_, res) => {
  res.write('half');
  setTimeout(() => res.socket.destroy(), 30);
});
app.get('/silent', () => {});
app.get('/nonsense', (_, res) => res.socket.end('this is no HTTP\r\n\r\n'));

const server = app.listen(Number(process.env.PORT), '127.0.0.1');
server.keepAliveTimeout = 60_000;
const sockets = new WebSocketServer({ server, path: '/socket', handleProtocols: () => 'chat' });
sockets.on('connection', (socket, request) => {
  socket.send(JSON.stringify({ url: request.url, protocol: socket.protocol, host: request.headers.host }));
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
