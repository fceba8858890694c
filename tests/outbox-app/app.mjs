// Somebody else's server that writes: Express, and a file to which every effect is added as one line. It counts its own effects, so that a
// test need not believe anybody else. DEDUPE=1: the key stands in the effect's line, and a key that is there already has its answer and no
// effect, which is what makes it exactly once.
// What stands below /test/ is for the tests: writes wait before or after their effect, until they are let go or the process ends.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import express from 'express';

const { DEDUPE = '1', PORT, STORE } = process.env;
const lines = existsSync(STORE) ? readFileSync(STORE, 'utf8').trimEnd().split('\n') : [];
const effects = lines.filter(Boolean).map((line) => JSON.parse(line));

let requests = 0;
let holding = ''; // 'before', 'after' or ''
const held = { before: [], after: [] };
const wait = (where) => holding === where && new Promise((resolve) => held[where].push(resolve));

function take(request) {
  const key = request.get('idempotency-key') ?? '';
  const known = DEDUPE === '1' && key && effects.find((one) => one.key === key);
  if (known) return known;
  const { method, originalUrl: target, body } = request;
  const effect = { n: effects.length + 1, key, method, target, length: body.length ?? 0 };
  for (const name of ['offing-fingerprint', 'offing-entry', 'offing-user', 'content-type', 'cookie']) {
    if (request.get(name) !== undefined) effect[name] = request.get(name);
  }
  appendFileSync(STORE, `${JSON.stringify(effect)}\n`);
  effects.push(effect);
  return effect;
}

const app = express();
app.disable('x-powered-by');
app.get('/', (request, response) => response.send('an app'));
app.get('/whoami', (request, response) => {
  const user = /(?:^|; )sid=(\w+)/.exec(request.get('cookie') ?? '')?.[1];
  if (user) response.json({ user });
  else response.sendStatus(401);
});
app.get('/test/state', (request, response) =>
  response.json({ requests, effects, before: held.before.length, after: held.after.length }),
);
app.post('/test/hold{/:where}', (request, response) => {
  holding = request.params.where ?? '';
  for (const where of ['before', 'after']) for (const go of held[where].splice(0)) go();
  response.sendStatus(204);
});

app.use(express.raw({ type: () => true, limit: '20mb' }));
// The status of the answer is the query's; 503 and its like have no effect.
app.all('/api/*path', async (request, response) => {
  requests += 1;
  await wait('before');
  const status = Number(request.query.status ?? 201);
  if ([401, 403, 408, 425, 429].includes(status) || status >= 500) return response.status(status).send('not now');
  const effect = take(request);
  await wait('after');
  if (status >= 300 && status < 400) return response.redirect(status, `/notes/${effect.n}`);
  if (request.query.bytes)
    return response
      .status(status)
      .type('text')
      .send('x'.repeat(Number(request.query.bytes)));
  return response.status(status).cookie('session', 'new').location(`/notes/${effect.n}`).json(effect);
});
app.listen(Number(PORT), '127.0.0.1');
