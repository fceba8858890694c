// <offing-outbox>: what was written here and is not sent yet, and what needs a person: a conflict (mine or theirs), a refusal, an
// unknown outcome or one that is too old (again or away). Nothing is seen while there is nothing. The attribute `lane` names one
// lane; the keys of WORDS are attributes that replace its words; parts `list`, `entry`, `name`, `state` and `button` can be
// styled. A page names entries by `element.label = (entry) => …`. A module of its own, /_offing/outbox-element.js.
import { type Entry, outbox } from './index.ts';

const STYLE = `
:host { display: block; color-scheme: light dark; font: 1rem/1.4 system-ui, sans-serif }
ul { margin: 0; padding: 0; list-style: none; border: 1px solid; border-radius: .5rem; background: Canvas; color: CanvasText }
ul:empty { border: 0 }
li { display: flex; flex-wrap: wrap; gap: .25rem .5rem; align-items: center; padding: .5rem 1rem }
li + li { border-top: 1px solid }
b { flex: 1 1 10rem; overflow-wrap: anywhere }
button { font: inherit; min-height: 2.75rem; padding: 0 .75rem }
`;

const WORDS: Record<string, string> = {
  queued: 'Waits for the network',
  conflict: 'Was changed elsewhere, too',
  rejected: 'Was refused',
  expired: 'Could not be sent in time',
  unknown: 'May have arrived',
  mine: 'Keep mine',
  theirs: 'Keep theirs',
  retry: 'Send again',
  discard: 'Discard',
};

// The word for an entry, and what a person may do. undefined: nothing is to be said of it.
function sayingOf({ state, problem }: Entry): [word: string, ...actions: string[]] | undefined {
  if (state === 'conflict') return ['conflict', 'mine', 'theirs'];
  if (state === 'held' && problem === 'unknown') return ['unknown', 'retry', 'discard'];
  if (state === 'rejected' || state === 'expired') return [state, 'retry', 'discard'];
  return /^(queued|sending|held)$/.test(state) ? ['queued', 'discard'] : undefined;
}

class OffingOutbox extends HTMLElement {
  label = ({ method, url }: Entry): string => `${method} ${new URL(url).pathname}`;
  readonly #root = this.attachShadow({ mode: 'open' });
  readonly #list = document.createElement('ul');
  readonly #settled = new Set<string>(); // by the person
  #said = '';
  #off: (() => void) | undefined;

  connectedCallback(): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    this.#list.part.add('list');
    // Set before there is something to say, or it is not read out.
    this.#list.setAttribute('aria-live', 'polite');
    this.#root.append(this.#list);
    this.#off = outbox.on('change', () => void this.#show());
    void this.#show();
  }

  disconnectedCallback(): void {
    this.#off?.();
  }

  async #show(): Promise<void> {
    const lane = this.getAttribute('lane');
    const entries = await (lane === null ? outbox : outbox({ lane })).entries();
    const open = entries.filter((entry) => sayingOf(entry) && !this.#settled.has(entry.id));
    // What has not changed is not read out again, and keeps the focus.
    const said = open.map((entry) => `${entry.id} ${sayingOf(entry)}`).join();
    if (said !== this.#said) this.#list.replaceChildren(...open.map((entry) => this.#row(entry)));
    this.#said = said;
  }

  #row(entry: Entry): HTMLElement {
    const [word = '', ...actions] = sayingOf(entry) ?? [];
    const row = document.createElement('li');
    row.part.add('entry');
    const name = this.label(entry);
    const add = (tag: string, part: string, text: string): HTMLElement => {
      const made = document.createElement(tag);
      made.part.add(part);
      made.textContent = text;
      row.append(made);
      return made;
    };
    add('b', 'name', name);
    add('span', 'state', this.#word(word));
    for (const action of actions) {
      const button = add('button', 'button', this.#word(action));
      button.setAttribute('aria-label', `${this.#word(action)}: ${name}`);
      button.onclick = () => void this.#do(action, entry);
    }
    return row;
  }

  #word(key: string): string {
    return this.getAttribute(key) ?? (WORDS[key] as string);
  }

  async #do(action: string, { id, state }: Entry): Promise<void> {
    const final = state === 'rejected' || state === 'expired';
    if (final) this.#settled.add(id);
    if (action === 'mine' || action === 'theirs') await outbox.resolve(id, action);
    else if (action === 'discard') await outbox.discard(id);
    else if (final) await this.#anew(id);
    else await outbox.retry(id);
    await this.#show();
  }

  // What the server has answered for good goes under a new key.
  async #anew(id: string): Promise<void> {
    const { url, body, method, headers, lane } = (await outbox.entry(id)) as Entry;
    await outbox.post(url, body, { method, headers, lane });
  }
}

customElements.define('offing-outbox', OffingOutbox);
