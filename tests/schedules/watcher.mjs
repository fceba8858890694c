// What pages showed, held against what was acknowledged: every value that was ever shown must be the newest items of the channel at its
// position, without gap, reorder or duplicate; a page never goes back; and what it did not see is reported to it.
export class Watcher {
  #name;
  #limit;
  #acknowledged; // seq -> data
  #pages = [];

  constructor(name, limit, acknowledged) {
    this.#name = name;
    this.#limit = limit;
    this.#acknowledged = acknowledged;
  }

  // The callback of one page's live().
  page() {
    const shown = [];
    this.#pages.push(shown);
    return (value, info) => shown.push({ value, ...info });
  }

  // How often a page was told that what it shows was fetched anew. The first fetch may be told after its value was read.
  get resets() {
    const again = (shown) =>
      shown.filter(({ reset, position }, n) => n > 0 && reset && position !== shown[n - 1].position);
    return this.#pages.flatMap(again).length;
  }

  get shown() {
    return this.#pages.reduce((sum, shown) => sum + shown.length, 0);
  }

  // Where the last of the pages with these numbers stands; 0: one of them shows nothing.
  standsAt(pages) {
    return Math.min(...pages.map((page) => Number(this.#pages[page].at(-1)?.position.split(':')[1] ?? 0)));
  }

  check() {
    return this.#pages.flatMap((shown, page) => this.#checkPage(shown, `${this.#name}, page ${page + 1}`));
  }

  #checkPage(shown, page) {
    const problems = [];
    let before;
    for (const { value, position, added, reset } of shown) {
      const [epoch, text] = position.split(':');
      const seq = Number(text);
      if (before && epoch !== before.epoch && before.seq > 0)
        problems.push(`${page}: the epoch moved from ${before.epoch} to ${epoch}`);
      if (before && seq < before.seq) problems.push(`${page}: went back from ${before.seq} to ${seq}`);
      if (before && !reset && added > seq - before.seq)
        problems.push(`${page}: ${added} added from ${before.seq} to ${seq}`);
      problems.push(...this.#checkValue(value, seq, `${page} at ${seq}`));
      before = { epoch, seq };
    }
    return problems;
  }

  #checkValue(value, seq, where) {
    const expected = Math.min(seq, this.#limit);
    if (value.length !== expected) return [`${where}: ${value.length} items instead of ${expected}`];
    for (let n = 0; n < value.length; n += 1) {
      const known = this.#acknowledged.get(seq - n);
      if (known !== undefined && known !== value[n]) return [`${where}: item ${n} is ${value[n]} instead of ${known}`];
    }
    const twice = value.find((item, n) => value.indexOf(item) !== n);
    return twice === undefined ? [] : [`${where}: ${twice} is there twice`];
  }
}
