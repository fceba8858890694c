// <offing-update>: says that a new version waits, and reloads when the person wants to. Attributes `message`, `reload` and
// `later` replace its words; parts `message`, `reload` and `later` can be styled. It is a module of its own, /_offing/update.js.
import { onUpdate, type Update } from './index.ts';

const STYLE = `
:host { position: fixed; z-index: 2147483647; inset: auto 1rem 1rem; max-width: 28rem; margin: 0 auto; color-scheme: light dark }
div { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; padding: .75rem 1rem; border: 1px solid; border-radius: .5rem; background: Canvas; color: CanvasText; font: 1rem/1.4 system-ui, sans-serif }
span { flex: 1 1 10rem }
button { font: inherit; min-height: 2.75rem; padding: 0 .75rem }
`;

class OffingUpdate extends HTMLElement {
  readonly #root = this.attachShadow({ mode: 'open' });
  #off: (() => void) | undefined;

  connectedCallback(): void {
    // Set before there is something to say, or it is not read out.
    this.setAttribute('role', 'status');
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    this.#off = onUpdate((update) => this.#show(update));
  }

  disconnectedCallback(): void {
    this.#off?.();
    this.#root.replaceChildren();
  }

  #show(update: Update): void {
    const box = document.createElement('div');
    const add = (tag: string, part: string, text: string): HTMLElement => {
      const made = document.createElement(tag);
      made.setAttribute('part', part);
      made.textContent = this.getAttribute(part) ?? text;
      box.append(made);
      return made;
    };
    add('span', 'message', 'A new version is ready.');
    add('button', 'reload', 'Reload').onclick = () => void update.apply();
    add('button', 'later', 'Later').onclick = () => box.remove();
    this.#root.replaceChildren(box);
  }
}

customElements.define('offing-update', OffingUpdate);
