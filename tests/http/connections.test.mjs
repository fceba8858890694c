// Connections (RFC 9112, 9): how long they last, several requests on one, and bodies that wait to be asked for.
import { bothServers, HOST, table } from './table.mjs';
import { TEXT } from './site.mjs';

const on = bothServers();
const CLOSE = 'Connection: close\r\n';
const FILE = 'GET /text.txt HTTP/1.1\r\n';
const file = { status: 200, body: TEXT };
const ends = { ...file, closed: true };
const stays = { ...file, closed: false };
const bad = { status: 400, closed: true };

table('connections', on, [
  { name: 'are kept in HTTP/1.1', send: `${FILE}${HOST}\r\n`, is: stays },
  { name: 'end when the client says so', send: `${FILE}${HOST}${CLOSE}\r\n`, is: ends },
  { name: 'end when it says so among other things', send: `${FILE}${HOST}Connection: TE, Close\r\n\r\n`, is: ends },
  { name: 'end when it says both', send: `${FILE}${HOST}Connection: keep-alive, close\r\n\r\n`, is: ends },
  { name: 'end in HTTP/1.0', send: 'GET /text.txt HTTP/1.0\r\n\r\n', is: ends },
  {
    name: 'are kept in HTTP/1.0 when the client asks, and it is told',
    send: 'GET /text.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    is: { ...stays, headers: { connection: /^keep-alive$/i } },
  },
  {
    name: 'three requests at once are answered in order',
    send: `${FILE}${HOST}\r\nGET /missing HTTP/1.1\r\n${HOST}\r\n${FILE}${HOST}\r\n`,
    is: [file, { status: 404 }, stays],
  },
  {
    name: 'nothing behind Connection: close is answered',
    send: `${FILE}${HOST}${CLOSE}\r\n${FILE}${HOST}\r\n`,
    is: ends,
  },
  { name: 'a request behind a refused one is not answered', send: `BAD\r\n\r\n${FILE}${HOST}\r\n`, is: bad },
  { name: 'a hundred requests at once', send: `${FILE}${HOST}\r\n`.repeat(100), is: [...Array(99).fill(file), stays] },
  { name: 'a request in single bytes', send: [...`${FILE}${HOST}${CLOSE}\r\n`], pause: 1, is: ends },
  { name: 'empty lines before a request', send: `\r\n\r\n${FILE}${HOST}${CLOSE}\r\n`, is: ends },
  {
    name: 'an upgrade to what we do not speak is passed over',
    send: `${FILE}${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    is: stays,
  },
]);

table('Expect (RFC 9110, 10.1.1)', on, [
  {
    name: 'without a body says nothing',
    send: `${FILE}${HOST}${CLOSE}Expect: 100-continue\r\n\r\n`,
    is: ends,
    nginx: [{ status: 100 }, ends],
    differs: 'there is nothing to go on with',
  },
  {
    name: 'with a body: 100, then the answer',
    send: [`${FILE}${HOST}${CLOSE}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`, 'abc'],
    pause: 100,
    is: [{ status: 100 }, ends],
  },
  {
    name: 'in HTTP/1.0 is passed over',
    send: ['GET /text.txt HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n', 'abc'],
    pause: 50,
    is: ends,
  },
  {
    name: 'of something else: 417',
    send: `${FILE}${HOST}${CLOSE}Expect: more\r\n\r\n`,
    is: { status: 417, closed: true },
    nginx: ends,
    differs: 'nobody expects in vain: 417 (RFC 9110, 10.1.1)',
  },
]);
