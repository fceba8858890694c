// What an answer says, in a form in which the answers of two servers can be laid beside each other.
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

// What never counts as a difference, and why. Everything else is the same, or the case says why it is not.
export const DECISIONS = {
  server: 'each says its own name',
  date: 'each reads its own clock; that there is one is checked',
  etag: 'ours is the hash of the content, as in the precache manifest; theirs is made of time and size. Whether it is weak is compared, but for compressed forms: nginx makes those weak, ours are the same bytes each time',
  'cache-control':
    'ours is on every file, so that no cache guesses; nginx says nothing unless told. Cases that are about it say it',
  vary: 'ours is on every type that is worth compressing, whatever its size is now; nginx leaves it out for small files and on 304',
  'x-content-type-options': 'ours is on every answer of the site',
  connection: 'said in different words; what then happens to the connection is compared',
  'keep-alive': 'as above',
  'content-length':
    'nginx sends in chunks what it compresses; that a body ends where it says is checked, for HEAD the length is compared',
  'transfer-encoding': 'as above',
};
// Besides: on a part nginx leaves Accept-Ranges out; the text of an error or a redirect is each server's own.
const OF_ERRORS = ['content-type'];

const dateLike = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

function parts(answer) {
  const boundary = /boundary="?([^";]+)/.exec(answer.headers['content-type'])?.[1];
  const pieces = answer.body.split(`--${boundary}`);
  if (pieces.at(-1).trim() !== '--') return ['no closing boundary'];
  return pieces.slice(1, -1).map((piece) => {
    const end = piece.indexOf('\r\n\r\n');
    const lines = piece.slice(2, end).split('\r\n');
    return { headers: lines.map((line) => line.toLowerCase()).sort(), body: piece.slice(end + 4, -2) };
  });
}

// The body as its reader has it.
export function decoded({ headers, body }) {
  const coding = headers['content-encoding'];
  if (!body || !coding) return body;
  const bytes = Buffer.from(body, 'latin1');
  return (coding === 'br' ? brotliDecompressSync(bytes) : gunzipSync(bytes)).toString('latin1');
}

// What is wrong with an answer whoever sends it.
export function faults(answer) {
  const found = [];
  const { headers, fields, status } = answer;
  if (answer.cut) found.push('the body is not whole');
  if (status >= 200 && status < 500 && !dateLike.test(headers.date)) found.push(`Date is ${headers.date}`);
  for (const name of ['content-length', 'content-type', 'etag', 'location', 'transfer-encoding', 'content-range']) {
    if (fields.filter(([each]) => each === name).length > 1) found.push(`${name} comes twice`);
  }
  if (headers['content-length'] && headers['transfer-encoding']) found.push('two lengths');
  return found;
}

export function view(answer, { head = false, decisions = DECISIONS } = {}) {
  const { status, headers, fields } = answer;
  const kept = Object.entries(headers).filter(([name]) => !decisions[name]);
  const seen = { status, ...Object.fromEntries(kept) };
  const cookies = fields.filter(([name]) => name === 'set-cookie').map(([, value]) => value);
  if (cookies.length) seen['set-cookie'] = cookies;
  if (decisions.etag && headers.etag && !headers['content-encoding'])
    seen.etag = headers.etag.startsWith('W/') ? 'weak' : 'strong';
  if (status === 206) delete seen['accept-ranges'];
  if (status >= 300) for (const name of OF_ERRORS) delete seen[name];
  if (status >= 300) return seen;
  if (head) return { ...seen, length: headers['content-length'] };
  const multiple = headers['content-type']?.startsWith('multipart/byteranges');
  if (multiple) return { ...seen, 'content-type': 'multipart/byteranges', body: parts(answer) };
  return { ...seen, body: decoded(answer) };
}
