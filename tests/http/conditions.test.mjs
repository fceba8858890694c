// Conditional requests (RFC 9110, 13): tags, dates, and which goes before which.
import { ask, bothServers, get, table } from './table.mjs';
import { CHANGED, EARLIER, TEXT } from './site.mjs';

const on = bothServers();
const LATER = 'Mon, 07 Nov 1994 08:49:37 GMT';
const fresh = {
  status: 304,
  headers: { 'last-modified': CHANGED, etag: /^"/, 'content-type': null, 'content-length': null },
};
const whole = { status: 200, body: TEXT };
const failed = { status: 412 };

const whenTag = (name, header, tag, is, more) => ({
  name,
  send: (facts) => get('/text.txt', { [header]: tag(facts) }),
  is,
  ...more,
});
const none = (name, tag, is, more) => whenTag(`If-None-Match ${name}`, 'If-None-Match', tag, is, more);
const match = (name, tag, is, more) => whenTag(`If-Match ${name}`, 'If-Match', tag, is, more);

table('If-None-Match', on, [
  none('with the tag: 304, and what a cache needs to keep its copy', ({ etag }) => etag, fresh),
  none('with the tag, weakly: 304, the comparison is weak', ({ weak }) => weak, fresh),
  none('with a list that has it: 304', ({ etag }) => `"other", W/"another" , ${etag}`, fresh),
  none('with a list without blanks: 304', ({ etag }) => `"other",${etag}`, fresh),
  none('with * : 304, since there is something', () => '*', fresh),
  none('with another tag: 200', () => '"other"', whole),
  none('with a tag that holds a comma: 200', ({ etag }) => `"a,${etag.slice(1)}`, whole),
  none('without quotes: 200', ({ etag }) => etag.replaceAll('"', ''), whole),
  none('with an empty tag: 200', () => '""', whole),
  none('without anything: 200', () => '', whole),
  {
    name: 'HEAD is conditional too',
    send: ({ etag }) => ask('HEAD', '/text.txt', { 'If-None-Match': etag }),
    is: fresh,
  },
  { name: '* for what is not there is 404', send: get('/missing.txt', { 'If-None-Match': '*' }), is: { status: 404 } },
  {
    name: 'two If-None-Match headers are one list',
    send: ({ etag }) => get('/text.txt', { 'If-None-Match': `"other"\r\nIf-None-Match: ${etag}` }),
    is: fresh,
    nginx: {
      status: 400,
      headers: { 'last-modified': null, etag: null, 'content-type': /html/, 'content-length': /./ },
    },
    differs: 'a list may come in several lines (RFC 9110, 5.3); nginx refuses it',
  },
]);

const since = (value, is, more) => ({
  name: `If-Modified-Since ${value || '(empty)'}: ${is.status}`,
  send: get('/text.txt', { 'If-Modified-Since': value }),
  is,
  ...more,
});
table('If-Modified-Since', on, [
  since(CHANGED, fresh),
  // Exactly, as nginx does it: a file may be replaced by an older one.
  since(LATER, whole),
  since(EARLIER, whole),
  since('Sunday, 06-Nov-94 08:49:37 GMT', fresh),
  since('Sun Nov  6 08:49:37 1994', fresh),
  since('Sun, 06 Nov 1994 08:49:37', whole, {
    nginx: { ...fresh, body: '' },
    differs: 'a date without GMT is no date (RFC 9110, 5.6.7)',
  }),
  since('yesterday', whole),
  since('0', whole),
  since('', whole),
  since('Fri, 31 Feb 1994 00:00:00 GMT', whole),
  since('Thu, 01 Jan 1970 00:00:00 GMT', whole),
  {
    name: 'it is for GET and HEAD only',
    send: ask('POST', '/text.txt', { 'If-Modified-Since': CHANGED }, 'x'),
    is: { status: 405 },
    differs: 'Allow',
  },
]);

table('If-Match', on, [
  match('with the tag: 200', ({ etag }) => etag, whole),
  match('with a list that has it: 200', ({ etag }) => `"other", ${etag}`, whole),
  match('with * : 200', () => '*', whole),
  match('with another tag: 412', () => '"other"', failed),
  match('with the tag, weakly: 412, the comparison is strong', ({ weak }) => weak, failed),
  {
    name: 'If-Match for what is not there is 404',
    send: get('/missing.txt', { 'If-Match': '"x"' }),
    is: { status: 404 },
  },
]);

const unless = (value, is, more) => ({
  name: `If-Unmodified-Since ${value}: ${is.status}`,
  send: get('/text.txt', { 'If-Unmodified-Since': value }),
  is,
  ...more,
});
table('If-Unmodified-Since', on, [
  unless(CHANGED, whole),
  unless(LATER, whole),
  unless(EARLIER, failed),
  unless('yesterday', whole, {
    nginx: { status: 412, body: undefined },
    differs: 'what is no date is ignored (RFC 9110, 13.1.4)',
  }),
]);

const both = (name, headers, is, more) => ({ name, send: (facts) => get('/text.txt', headers(facts)), is, ...more });
table('which goes before which (RFC 9110, 13.2.2)', on, [
  both(
    'If-None-Match that does not match beats a date that does',
    () => ({ 'If-None-Match': '"other"', 'If-Modified-Since': CHANGED }),
    whole,
  ),
  both(
    'If-None-Match that matches beats an earlier date',
    ({ etag }) => ({ 'If-None-Match': etag, 'If-Modified-Since': EARLIER }),
    fresh,
    {
      nginx: { status: 200, headers: { 'content-type': /text/, 'content-length': '20' } },
      differs: 'with If-None-Match the date says nothing (RFC 9110, 13.2.2); to nginx both must hold',
    },
  ),
  both(
    'If-Match that matches beats If-Unmodified-Since',
    ({ etag }) => ({ 'If-Match': etag, 'If-Unmodified-Since': EARLIER }),
    whole,
    {
      nginx: { status: 412, body: undefined },
      differs: 'with If-Match the date says nothing (RFC 9110, 13.2.2); to nginx both must hold',
    },
  ),
  both(
    'If-Match that fails beats If-None-Match',
    ({ etag }) => ({ 'If-Match': '"other"', 'If-None-Match': etag }),
    failed,
  ),
  both(
    'If-Match that holds leaves If-None-Match to decide',
    ({ etag }) => ({ 'If-Match': etag, 'If-None-Match': etag }),
    fresh,
  ),
  both('304 goes before a range', ({ etag }) => ({ 'If-None-Match': etag, Range: 'bytes=0-4' }), fresh),
  both('412 goes before a range', () => ({ 'If-Match': '"other"', Range: 'bytes=0-4' }), failed),
  both(
    '304 goes before a range that nobody can satisfy',
    ({ etag }) => ({ 'If-None-Match': etag, Range: 'bytes=99-' }),
    fresh,
  ),
]);
