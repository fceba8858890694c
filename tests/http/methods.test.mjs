// Methods (RFC 9110, 9) on files, folders and what is not there.
import { ask, bothServers, get, HOST, table } from './table.mjs';
import { CHANGED, TEXT } from './site.mjs';

const on = bothServers();
const ALLOW = { allow: 'GET, HEAD' };

table('reading', on, [
  {
    name: 'GET answers the file with its type, its length, its tag and its date',
    send: get('/text.txt'),
    is: {
      status: 200,
      headers: { 'content-type': /^text\/plain; charset=utf-8$/i, 'content-length': '20', 'last-modified': CHANGED },
      body: TEXT,
    },
    offing: { headers: { etag: /^"[0-9a-f]{32}"$/, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' } },
  },
  {
    name: 'HEAD has the headers of GET and no body',
    send: ask('HEAD', '/text.txt'),
    is: {
      status: 200,
      headers: { 'content-length': '20', 'last-modified': CHANGED, 'accept-ranges': 'bytes' },
      body: '',
    },
  },
  {
    name: 'after HEAD the next request on the connection is understood',
    send: `HEAD /text.txt HTTP/1.1\r\n${HOST}\r\nGET /text.txt HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    is: [{ status: 200 }, { status: 200, body: TEXT, closed: true }],
  },
  {
    name: 'HEAD of an empty file has the length 0',
    send: ask('HEAD', '/empty.txt'),
    is: { status: 200, headers: { 'content-length': '0' } },
  },
  { name: 'HEAD of what is not there is 404 without a body', send: ask('HEAD', '/missing.txt'), is: { status: 404 } },
  {
    name: 'HEAD of a folder without its slash is sent to the slash',
    send: ask('HEAD', '/docs'),
    is: { status: 301, headers: { location: '/docs/' } },
  },
  {
    name: 'a body with GET is read and ignored',
    send: ask('GET', '/text.txt', {}, 'ignored'),
    is: { status: 200, body: TEXT },
  },
]);

const NO_ALLOW = 'nginx leaves Allow out, which RFC 9110, 15.5.6 requires';
const refused = (method, body = 'x') => ({
  name: `${method} of a file is 405 with Allow`,
  send: ask(method, '/text.txt', {}, body),
  is: { status: 405, headers: ALLOW },
  nginx: { headers: { allow: null } },
  differs: NO_ALLOW,
});

table('writing', on, [
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'LOCK'].map((method) => refused(method)),
  {
    name: 'POST to what is not there is 405: the site has no method but reading',
    send: ask('POST', '/missing.txt', {}, 'x'),
    is: { status: 405, headers: ALLOW },
    nginx: { status: 404, headers: { allow: null } },
    differs: 'nginx looks for the file first; we tell nobody by a method that we do not have which files exist',
  },
  {
    name: 'POST to a folder is 405',
    send: ask('POST', '/docs/', {}, 'x'),
    is: { status: 405, headers: ALLOW },
    nginx: { headers: { allow: null } },
    differs: NO_ALLOW,
  },
]);

table('other methods', on, [
  {
    name: 'OPTIONS is no method of a file, and Allow says what is',
    send: ask('OPTIONS', '/text.txt'),
    is: { status: 405, headers: ALLOW },
    nginx: { headers: { allow: null } },
    differs: NO_ALLOW,
  },
  {
    name: 'TRACE is refused: it would show headers to scripts that may not see them',
    send: ask('TRACE', '/text.txt'),
    is: { status: 405, headers: ALLOW },
    nginx: { headers: { allow: null } },
    differs: NO_ALLOW,
  },
  {
    name: 'CONNECT is refused: this is no proxy to elsewhere',
    send: `CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nConnection: close\r\n\r\n`,
    is: { status: 400, closed: true },
  },
  {
    name: 'a method in lower case is another method, which nobody has',
    send: ask('get', '/text.txt'),
    is: { status: 405, headers: ALLOW },
    nginx: { status: 400, headers: { allow: null } },
    differs: 'a method is any token and differs by case (RFC 9110, 9.1): to nginx it is bad syntax',
  },
  {
    name: 'an unknown method is refused',
    send: ask('BREW', '/text.txt'),
    is: { status: 405, headers: ALLOW },
    nginx: { headers: { allow: null } },
    differs: NO_ALLOW,
  },
  {
    name: 'a method with a byte that no token has is bad syntax',
    send: ask('GE(T', '/text.txt'),
    is: { status: 400, closed: true },
  },
]);
