// The record outside of what is tested: what a user was told is safe, how each entry ended and that a page was told of it, in which order entries were
// written. Checked against what the server carried out.
const FINAL = /^(done|rejected|expired|discarded)$/;

export class Ledger {
  acknowledged = new Set(); // writes
  given = new Set(); // writes that a person has dropped
  #places = new Map(); // by write: how many were on the disk before it
  #told = new Map(); // by entry: {write, state}
  #entries = new Map(); // those that are on the disk

  // What is on the disk now.
  committed(table) {
    this.#entries = table;
    for (const { headers } of table.values()) {
      const write = Number(headers['x-write']);
      if (!this.#places.has(write)) this.#places.set(write, this.#places.size);
    }
  }

  tell({ id, state, headers }) {
    if (FINAL.test(state)) this.#told.set(id, { write: Number(headers['x-write']), state });
  }

  get told() {
    return this.#told.size;
  }

  // Entries that are not final.
  open() {
    return [...this.#entries.values()].filter(({ state }) => !FINAL.test(state));
  }

  untold() {
    return [...this.#entries.values()].filter(({ id, state }) => FINAL.test(state) && !this.#told.has(id));
  }

  check(effects, { expiry }) {
    const problems = [];
    const counts = new Map();
    for (const { write } of effects) counts.set(write, (counts.get(write) ?? 0) + 1);
    const ends = new Map();
    for (const { write, state } of this.#told.values()) ends.set(write, [...(ends.get(write) ?? []), state]);
    for (const [write, count] of counts) if (count > 1) problems.push(`write ${write} was carried out ${count} times`);
    for (const { id, state } of this.open()) problems.push(`${id} is ${state} in the end`);
    for (const { id, state } of this.untold()) problems.push(`no page was told that ${id} is ${state}`);
    for (const write of this.acknowledged) {
      const states = ends.get(write) ?? [];
      if (states.length === 0) problems.push(`write ${write} is lost: nobody was told how it ended`);
      else if (states.includes('done') && !counts.has(write))
        problems.push(`write ${write} is done and was not carried out`);
      else if (!states.includes('done') && states.includes('rejected') && counts.has(write))
        problems.push(`write ${write} was carried out and is said to be refused`);
      else if (states.includes('expired') && !expiry)
        problems.push(`write ${write} is too old though no time has passed`);
      else if (states.every((state) => state === 'discarded') && !this.given.has(write))
        problems.push(`write ${write} was dropped by nobody`);
    }
    return [...problems, ...this.#order(effects)];
  }

  #order(effects) {
    const last = new Map();
    const problems = [];
    for (const { write, user, lane } of effects) {
      if (!lane) continue;
      const key = `${user} ${lane}`;
      const before = last.get(key);
      if (before !== undefined && this.#places.get(before) > this.#places.get(write))
        problems.push(`write ${write} came after write ${before}, which was written later in the same lane`);
      last.set(key, write);
    }
    return problems;
  }
}
