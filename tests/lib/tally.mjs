// Runs that pass or fail, told one line each, and the closing line.
export class Tally {
  #name;
  passed = 0;
  failed = 0;

  constructor(name, seed) {
    this.#name = name;
    console.log(`${name}: seed ${seed}`);
  }

  // problems: [] if all is well.
  add(title, problems, note = '') {
    const ok = problems.length === 0;
    if (ok) this.passed += 1;
    else this.failed += 1;
    console.log(`  ${ok ? ' ok ' : 'FAIL'}  ${title}${note && ` (${note})`}`);
    for (const problem of problems.slice(0, 10)) console.log(`          ${problem.slice(0, 300)}`);
    if (problems.length > 10) console.log(`          and ${problems.length - 10} more`);
  }

  close() {
    console.log(`${this.#name}: ${this.passed} passed, ${this.failed} failed`);
    process.exit(this.failed === 0 && this.passed > 0 ? 0 : 1);
  }
}
