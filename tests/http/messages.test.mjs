// Messages (RFC 9112): which bytes are a request, and where it ends.
import { bothServers, HOST, table } from './table.mjs';
import { TEXT } from './site.mjs';

const on = bothServers();
const CLOSE = 'Connection: close\r\n';
const FILE = 'GET /text.txt HTTP/1.1\r\n';
const file = { status: 200, body: TEXT };
const ends = { ...file, closed: true };
const stays = { ...file, closed: false };
const bad = { status: 400, closed: true };
// A GET with these header lines, which are whole with their line ends.
const lines = (text, is, more) => ({
  name: JSON.stringify(text.length > 60 ? `${text.slice(0, 50)}…` : text),
  send: `${FILE}${text}\r\n`,
  is,
  ...more,
});

const version = (text, is, more) => ({ name: text, send: `GET /text.txt${text}\r\n${HOST}${CLOSE}\r\n`, is, ...more });
table('versions', on, [
  version(' HTTP/1.1', ends),
  version(' HTTP/1.0', ends),
  version(
    ' HTTP/1.2',
    { status: 505, closed: true },
    { nginx: ends, differs: 'there is no HTTP/1.2; nginx takes any 1.x' },
  ),
  version(' HTTP/2.0', { status: 505, closed: true }),
  version(' HTTP/3', bad, {
    nginx: { status: 505 },
    differs: 'a version has a dot (RFC 9112, 2.3): this is bad syntax',
  }),
  version(' http/1.1', bad),
  version(' HTTP/1.1 ', bad, { nginx: ends, differs: 'nothing stands behind the version (RFC 9112, 3)' }),
  version('  HTTP/1.1', bad, { nginx: ends, differs: 'one space stands before the version (RFC 9112, 3)' }),
  version(' HTTPS/1.1', bad),
  {
    name: 'HTTP/0.9',
    send: 'GET /text.txt\r\n\r\n',
    is: bad,
    nginx: { status: undefined, closed: true },
    differs: 'HTTP/0.9 is gone (RFC 9112, A); nginx still answers it',
    quiet: 1_000,
  },
]);

const LENIENT = 'nginx reads it all the same; what is malformed may be read otherwise by whoever stands before us';
table('hosts (RFC 9112, 3.2)', on, [
  lines(CLOSE, bad),
  lines(`${HOST}${HOST}`, bad),
  lines(`${HOST}Host: elsewhere\r\n`, bad),
  lines(`Host: localhost:8080\r\n${CLOSE}`, ends),
  lines(`Host: [::1]:80\r\n${CLOSE}`, ends),
  lines(`host:localhost\r\n${CLOSE}`, ends),
  lines(`Host:\r\n${CLOSE}`, ends, {
    nginx: { ...bad, body: undefined },
    differs: 'an empty Host is allowed where the target has no authority (RFC 9110, 7.2)',
  }),
  lines(`Host: a b\r\n${CLOSE}`, bad),
  lines(`Host: user@localhost\r\n${CLOSE}`, bad, { nginx: ends, differs: LENIENT }),
  lines(`Host: localhost/x\r\n${CLOSE}`, bad),
  lines(`Host: localhost, other\r\n${CLOSE}`, bad),
]);

table('header lines (RFC 9112, 5)', on, [
  lines(`${HOST}X-Long: ${'x'.repeat(7_000)}\r\n${CLOSE}`, ends),
  lines(
    `${HOST}X-Long: ${'x'.repeat(20_000)}\r\n`,
    { status: 431, closed: true },
    { nginx: bad, differs: '431 is the status for it (RFC 6585, 5)' },
  ),
  {
    ...lines(`${HOST}${Array.from({ length: 200 }, (_, at) => `X-${at}: y\r\n`).join('')}${CLOSE}`, ends),
    name: '200 headers',
  },
  {
    ...lines(
      `${HOST}${Array.from({ length: 400 }, (_, at) => `X-${at}: y\r\n`).join('')}${CLOSE}`,
      { status: 431, closed: true },
      { nginx: ends, differs: 'ours has a limit of 256; nginx counts bytes only' },
    ),
    name: '400 headers',
  },
  lines(`${HOST}X : y\r\n`, bad),
  lines(`${HOST} X: y\r\n`, bad),
  lines(`${HOST}X: y\r\n z\r\n${CLOSE}`, bad),
  lines(`${HOST}no colon\r\n`, bad),
  lines(`${HOST}: y\r\n${CLOSE}`, bad),
  lines(`${HOST}X(: y\r\n${CLOSE}`, bad, { nginx: ends, differs: LENIENT }),
  lines(`${HOST}X: a\0b\r\n${CLOSE}`, bad),
  lines(`${HOST}X: a\rb\r\n${CLOSE}`, bad),
  lines(`${HOST}X: a\x01b\r\n${CLOSE}`, bad, { nginx: ends, differs: LENIENT }),
  lines(`${HOST}X: \xe4\r\n${CLOSE}`, ends),
  lines(`${HOST}X:\t y \t\r\n${CLOSE}`, ends),
  lines(`${HOST}X:\r\n${CLOSE}`, ends),
  {
    name: 'lines that end in a bare LF',
    send: 'GET /text.txt HTTP/1.1\nHost: localhost\nConnection: close\n\n',
    is: bad,
    nginx: ends,
    differs: LENIENT,
  },
  {
    name: 'one header line that ends in a bare LF',
    send: `${FILE}${HOST}X: y\n${CLOSE}\r\n`,
    is: bad,
    nginx: ends,
    differs: LENIENT,
  },
  {
    name: 'a request line that ends in a bare LF',
    send: `GET /text.txt HTTP/1.1\n${HOST}${CLOSE}\r\n`,
    is: bad,
    nginx: ends,
    differs: LENIENT,
  },
  { name: 'a tab in the request line', send: `GET\t/text.txt HTTP/1.1\r\n${HOST}\r\n`, is: bad },
  {
    name: 'two spaces behind the method',
    send: `GET  /text.txt HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    is: bad,
    nginx: ends,
    differs: LENIENT,
  },
  { name: 'TLS on a plain port', send: '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', is: bad, quiet: 1_000 },
  {
    name: 'the preface of HTTP/2',
    send: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    is: { status: 505, closed: true },
    nginx: bad,
    differs: 'the version is what is wrong with it',
  },
]);

const chunked = (body, is, more) => ({
  name: JSON.stringify(body.length > 50 ? `${body.slice(0, 40)}…` : body),
  send: `${FILE}${HOST}${CLOSE}Transfer-Encoding: chunked\r\n\r\n${body}`,
  is,
  ...more,
});
table('bodies that come with GET', on, [
  lines(`${HOST}Content-Length: 0\r\n`, stays),
  {
    name: 'five bytes, and the next request is understood',
    send: `${FILE}${HOST}Content-Length: 5\r\n\r\n12345${FILE}${HOST}\r\n`,
    is: [file, stays],
  },
  {
    name: 'chunks, and the next request is understood',
    send: `${FILE}${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n${FILE}${HOST}\r\n`,
    is: [file, stays],
  },
  chunked('0\r\n\r\n', ends),
  chunked('5\r\nhello\r\n0\r\n\r\n', ends),
  chunked('5;name=value\r\nhello\r\n0\r\n\r\n', ends),
  chunked('5\r\nhello\r\n0\r\nX-Trailer: y\r\n\r\n', ends),
  chunked('00005\r\nhello\r\n000\r\n\r\n', ends),
  chunked('zz\r\nhello\r\n0\r\n\r\n', bad),
  chunked('-1\r\nhello\r\n0\r\n\r\n', bad),
  chunked('10000000000000000\r\n', bad),
  chunked('5\r\nhelloX\r\n0\r\n\r\n', bad),
  chunked('5\nhello\r\n0\r\n\r\n', bad, { nginx: ends, differs: LENIENT }),
]);

const post = (headers, body, is, more) => ({
  name: JSON.stringify(headers),
  send: `${FILE}${HOST}${headers}\r\n${body}`,
  is,
  ...more,
});
const INNER = `GET /docs/ HTTP/1.1\r\n${HOST}\r\n`;
table('one request or two', on, [
  post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n', bad),
  post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n', bad),
  post(`Content-Length: 0\r\nContent-Length: ${INNER.length}\r\n`, INNER, bad),
  post('Content-Length: 0\r\nContent-Length: 0\r\n', '', stays, {
    nginx: { ...bad, body: undefined },
    differs: 'the same length twice is one length (RFC 9110, 8.6)',
  }),
  post('Content-Length: 0, 0\r\n', '', bad),
  post('Content-Length: +0\r\n', INNER, bad),
  post('Content-Length: -1\r\n', INNER, bad),
  post('Content-Length: 0x0\r\n', INNER, bad),
  post('Content-Length: 1e1\r\n', INNER, bad),
  post('Content-Length: \r\n', INNER, bad),
  post('Content-Length: 18446744073709551616\r\n', INNER, bad),
  post('Transfer-Encoding: xchunked\r\n', INNER, { status: 501, closed: true }),
  post('Transfer-Encoding: gzip, chunked\r\n', INNER, { status: 501, closed: true }),
  post('Transfer-Encoding: chunked, identity\r\n', INNER, { status: 501, closed: true }),
  post('Transfer-Encoding: identity\r\n', INNER, { status: 501, closed: true }),
  post('Transfer-Encoding:\r\n', INNER, { status: 501, closed: true }),
  post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n', bad),
  post('Transfer-Encoding: CHUNKED\r\n', '0\r\n\r\n', stays),
  post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n', bad),
  {
    name: 'Transfer-Encoding in HTTP/1.0',
    send: `GET /text.txt HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    is: bad,
  },
]);
