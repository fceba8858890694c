// Ranges (RFC 9110, 14): one, many, none that fits, and on which condition.
import { ask, bothServers, get, table } from './table.mjs';
import { CHANGED, TEXT } from './site.mjs';

const on = bothServers();
const range = (value, is, more) => ({
  name: `Range: ${value}`,
  send: get('/text.txt', { Range: value }),
  is,
  ...more,
});
const whole = { status: 200, headers: { 'content-range': null }, body: TEXT };
const part = (body, at) => ({
  status: 206,
  headers: { 'content-range': `bytes ${at}/20`, 'last-modified': CHANGED, etag: /^"/ },
  body,
});
const unfit = { status: 416, headers: { 'content-range': 'bytes */20' } };
const IGNORED = 'a Range that is malformed is ignored (RFC 9110, 14.2); nginx answers 416';

table('one range', on, [
  range('bytes=0-4', part('01234', '0-4')),
  range('bytes=0-0', part('0', '0-0')),
  range('bytes=19-19', part('j', '19-19')),
  range('bytes=5-', part(TEXT.slice(5), '5-19')),
  range('bytes=0-', part(TEXT, '0-19')),
  range('bytes=0-19', part(TEXT, '0-19')),
  range('bytes=0-99', part(TEXT, '0-19')),
  range('bytes=18-99', part('ij', '18-19')),
  range('bytes=0-9223372036854775806', part(TEXT, '0-19')),
  range('bytes=0-18446744073709551615', part(TEXT, '0-19'), {
    nginx: {
      status: 416,
      headers: { 'content-range': 'bytes */20', 'last-modified': null, etag: null },
      body: undefined,
    },
    differs: 'a number beyond 64 bits is beyond every end; to nginx it is no number',
  }),
  range('bytes=-1', part('j', '19-19')),
  range('bytes=-20', part(TEXT, '0-19')),
  range('bytes=-99', part(TEXT, '0-19')),
  range('bytes= 0-4', part('01234', '0-4')),
  range('BYTES=0-4', part('01234', '0-4')),
]);

table('none that fits', on, [
  range('bytes=20-', unfit),
  range('bytes=20-25', unfit),
  range('bytes=-0', unfit),
  range('bytes=99999999999999999999-', unfit),
  range('bytes=20-,30-', unfit),
  {
    name: 'of an empty file, from its start',
    send: get('/empty.txt', { Range: 'bytes=0-' }),
    is: { status: 416, headers: { 'content-range': 'bytes */0' } },
    nginx: { status: 200, headers: { 'content-range': null }, body: '' },
    differs: 'nothing has no first byte (RFC 9110, 14.1.2); nginx knows no ranges of an empty file',
  },
  // The end of nothing is all of it, and no Content-Range can say so.
  { name: 'of an empty file, its end', send: get('/empty.txt', { Range: 'bytes=-5' }), is: { status: 200, body: '' } },
]);

table('malformed, or of another kind: all of it', on, [
  ...[
    'bytes=4-2',
    'bytes=x-',
    'bytes=-',
    'bytes=5',
    'bytes=0-4x',
    'bytes=--4',
    'bytes=+0-4',
    'bytes=0x0-4',
    'bytes=0-4;5-6',
    'bytes=0-1,x',
  ].map((value) =>
    range(value, whole, {
      nginx: { status: 416, headers: { 'content-range': 'bytes */20' }, body: /./ },
      differs: IGNORED,
    }),
  ),
  range('bytes=', whole),
  range('lines=1-2', whole),
  range('bytes 0-4', whole),
  range('', whole),
]);

const several = (value, parts, more) =>
  range(
    value,
    {
      status: 206,
      headers: { 'content-range': null, 'content-type': /^multipart\/byteranges; boundary=/ },
      body: parts.map(([at, body]) => ({
        headers: [`content-range: bytes ${at}/20`, 'content-type: text/plain; charset=utf-8'],
        body,
      })),
    },
    more,
  );
table('many', on, [
  several('bytes=0-1,3-4', [
    ['0-1', '01'],
    ['3-4', '34'],
  ]),
  several('bytes=0-1, 3-4 ,-2', [
    ['0-1', '01'],
    ['3-4', '34'],
    ['18-19', 'ij'],
  ]),
  several('bytes=10-11,0-1', [
    ['10-11', 'ab'],
    ['0-1', '01'],
  ]),
  range('bytes=0-1,30-40', part('01', '0-1')),
  range('bytes=,0-1,,', part('01', '0-1'), {
    nginx: { ...unfit, headers: { ...unfit.headers, 'last-modified': null, etag: null }, body: undefined },
    differs: 'empty elements of a list are passed over (RFC 9110, 5.6.1)',
  }),
  // More than there is, in many small or overlapping parts: all of it once.
  range('bytes=0-15,4-19', whole),
  range(`bytes=${Array.from({ length: 20 }, (_, at) => `${at}-${at}`).join()}`, whole, {
    nginx: { status: 206, body: undefined, headers: { 'content-type': /^multipart/ } },
    differs: 'ours knows at most 16 ranges; nginx has no limit unless told',
  }),
  range('bytes=0-9,5-14', {
    status: 206,
    body: [
      { headers: ['content-range: bytes 0-9/20', 'content-type: text/plain; charset=utf-8'], body: TEXT.slice(0, 10) },
      { headers: ['content-range: bytes 5-14/20', 'content-type: text/plain; charset=utf-8'], body: TEXT.slice(5, 15) },
    ],
  }),
]);

table('on condition', on, [
  {
    name: 'If-Range with the tag: the part',
    send: ({ etag }) => get('/text.txt', { Range: 'bytes=0-4', 'If-Range': etag }),
    is: part('01234', '0-4'),
  },
  {
    name: 'If-Range with another tag: all of it',
    send: get('/text.txt', { Range: 'bytes=0-4', 'If-Range': '"other"' }),
    is: whole,
  },
  {
    name: 'If-Range with a weak tag: all of it',
    send: ({ weak }) => get('/text.txt', { Range: 'bytes=0-4', 'If-Range': weak }),
    is: whole,
  },
  {
    name: 'If-Range with the date: the part',
    send: get('/text.txt', { Range: 'bytes=0-4', 'If-Range': CHANGED }),
    is: part('01234', '0-4'),
  },
  {
    name: 'If-Range with a later date: all of it',
    send: get('/text.txt', { Range: 'bytes=0-4', 'If-Range': 'Mon, 07 Nov 1994 08:49:37 GMT' }),
    is: whole,
  },
  {
    name: 'If-Range with an earlier date: all of it',
    send: get('/text.txt', { Range: 'bytes=0-4', 'If-Range': 'Sat, 05 Nov 1994 08:49:37 GMT' }),
    is: whole,
  },
  {
    name: 'If-Range that fails hides an unfit range',
    send: get('/text.txt', { Range: 'bytes=99-', 'If-Range': '"other"' }),
    is: whole,
  },
  { name: 'If-Range alone says nothing', send: get('/text.txt', { 'If-Range': '"other"' }), is: whole },
  {
    name: 'a Range with HEAD says nothing',
    send: ask('HEAD', '/text.txt', { Range: 'bytes=0-4' }),
    is: { status: 200, headers: { 'content-length': '20' } },
    nginx: { status: 206, headers: { 'content-length': '5' } },
    differs: 'Range is defined for GET alone (RFC 9110, 14.2)',
  },
  {
    name: 'a range of a folder is one of its page',
    send: get('/docs/', { Range: 'bytes=0-8' }),
    is: { status: 206, body: '<!doctype' },
  },
]);
