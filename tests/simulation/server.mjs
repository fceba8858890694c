// The server as spec/outbox.md has it, with or without an origin behind it: keys, marks, answers that are remembered. What was carried out stands in
// `effects`, which nothing of it looks at.
const problem = (status, name, headers = {}) => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: JSON.stringify({ type: `/_offing/problems/${name}` }),
});
const REFUSALS = { reject: [422, 400, 404, 413, 501], conflict: [409, 412] };
const TROUBLES = [408, 425, 429, 500, 502, 503, 504];

const entryOf = (header) =>
  Object.fromEntries(
    [...header.matchAll(/(\w+)=(?:"([^"]*)"|(\d+))/g)].map(([, name, text, number]) => [name, text ?? +number]),
  );

export class Server {
  up = true;
  effects = []; // {write, user, lane}
  restored = 0;
  troubles = 0; // how many of the next requests are answered with trouble
  leastToken = 0; // tokens below are not believed
  #life = 0;
  #keys = new Map();
  #marks = new Map();
  #origin = new Map(); // by key: what the origin has answered
  #world;

  constructor(world) {
    this.#world = world;
  }

  kill() {
    this.up = false;
    this.#life += 1;
    for (const [key, known] of this.#keys) {
      if (known.state !== 'pending') continue;
      if (known.forwarded && this.#world.lost === 'hold') known.state = 'unknown';
      else this.#keys.delete(key);
    }
  }

  // Time has passed: what was remembered is gone, but how far the lanes are.
  forget() {
    for (const [key, known] of this.#keys)
      if (known.state === 'stored' && known.lane && known.effect) this.#keys.delete(key);
  }

  // `answer` is called once, or never.
  receive(request, answer) {
    if (!this.up) return;
    const { headers, cookie } = request;
    const [, bearer, number] = /^Bearer (.*)\.(\d+)$/.exec(headers.authorization ?? '') ?? [];
    if (bearer !== undefined && number < this.leastToken) return void answer(problem(401, 'token'));
    const user = bearer ?? cookie;
    if (user === null) return void answer(problem(401, 'token'));
    const writer = headers['offing-user'] ?? '';
    if (writer && writer !== user) return void answer(problem(403, 'other-user'));
    const { client, lane, seq, acked } = entryOf(headers['offing-entry']);
    const place = {
      scope: `${client} ${writer} ${headers['idempotency-key']}`,
      lane: lane && `${client} ${writer} ${lane}`,
      seq,
    };
    if (lane && acked > (this.#marks.get(place.lane) ?? 0)) this.restored += 1;
    const known = this.#world.options.sabotage === 'dedupe' ? undefined : this.#known(request, place);
    if (known) return void answer(known);
    if (this.troubles > 0) {
      this.troubles -= 1;
      const status = this.#world.random.pick(TROUBLES);
      return void answer({ status, headers: status === 503 ? { 'retry-after': '2' } : {}, body: '' });
    }
    const record = { state: 'pending', print: request.body, lane, forwarded: false };
    this.#keys.set(place.scope, record);
    if (this.#world.origin) this.#forward(request, place, record, answer);
    else answer(this.#commit(place, record, this.#carryOut(request)));
  }

  #known({ body, headers }, { scope, lane, seq }) {
    const known = this.#keys.get(scope);
    if (known && known.print !== body) return problem(422, 'key-reused');
    if (known?.state === 'pending') return problem(409, 'outstanding', { 'retry-after': '1' });
    if (known?.state === 'unknown') {
      if (headers['offing-decision'] !== 'resend') return problem(409, 'outcome-unknown');
    } else if (known) {
      return { ...known.answer, headers: { ...known.answer.headers, 'idempotency-status': 'replayed' } };
    } else if (lane && seq <= (this.#marks.get(lane) ?? 0)) {
      return problem(409, 'decided');
    }
    return undefined;
  }

  // What the app does.
  #carryOut({ body, headers }) {
    const { write, kind } = JSON.parse(body);
    const forced = headers['x-force'];
    const refusal = forced ? undefined : REFUSALS[kind];
    if (refusal) return { status: refusal[write % refusal.length], headers: {}, body: 'refused' };
    this.effects.push({ write, user: headers['offing-user'] ?? '', lane: entryOf(headers['offing-entry']).lane });
    if (kind === 'redirect')
      return { status: 200, headers: { 'offing-status': '303', 'offing-location': '/there' }, body: '' };
    return { status: 200, headers: {}, body: '{}' };
  }

  // The origin commits the key with its effect, so that the same key has one.
  #forward(request, place, record, answer) {
    const life = this.#life;
    const { scheduler, random } = this.#world;
    record.forwarded = true;
    scheduler.after(random.fraction() * 20, () => {
      const key = request.headers['idempotency-key'];
      const dedupe = this.#world.options.sabotage !== 'dedupe';
      const done = (dedupe && this.#origin.get(key)) || this.#carryOut(request);
      this.#origin.set(key, done);
      scheduler.after(random.fraction() * 20, () => {
        if (life === this.#life) answer(this.#commit(place, record, done));
      });
    });
  }

  // Effect, answer and mark are one commit; where an origin acted, answer and mark.
  #commit({ lane, seq }, record, { status, headers, body }) {
    Object.assign(record, { state: 'stored', answer: { status, headers, body }, effect: status < 300 });
    if (lane) this.#marks.set(lane, Math.max(this.#marks.get(lane) ?? 0, seq));
    return { status, headers: { ...headers, 'idempotency-status': 'stored' }, body };
  }
}
