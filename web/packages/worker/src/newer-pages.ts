// Pages that came from the network newer than the precache behind them: somebody has changed the site, and the worker
// that knows the new files is not in use yet. Their files come from the network too, so that a page and its
// scripts are of one version. Known by the browser's client ids; a worker that was stopped has forgotten them, which costs
// no more than a mixed page until the next load.
const MAX_PAGES = 100;

export class NewerPages {
  readonly #clients = new Set<string>();

  add(client: string): void {
    if (this.#clients.size >= MAX_PAGES) this.#clients.clear();
    this.#clients.add(client);
  }

  has(client: string): boolean {
    return this.#clients.has(client);
  }
}
