// The token of whoever is logged in: of an open page that has one, else of CONFIG.token. It is kept in memory and nowhere
// else, asked for once however many want it, and forgotten when the user changes.
import type { Config } from '@offing/protocol';

declare const self: ServiceWorkerGlobalScope;

const PATIENCE_MS = 5_000;

let asked: Promise<string> | undefined;
let known: string | undefined; // what `asked` came to

export function forgetToken(): void {
  asked = known = undefined;
}

// '' if there is none. `refused`: a token that the server did not believe; another one is asked for if it is still ours.
export function token({ token: path }: Config, refused?: string): Promise<string> {
  if (refused !== undefined && refused === known) forgetToken();
  if (asked) return asked;
  const mine = (asked = ask(path).then((found) => {
    if (asked === mine) known = found;
    return found;
  }));
  return mine;
}

// A request of the present user's: once more with another token if the first is not believed.
export async function fetchOwn(config: Config, path: string, init: RequestInit): Promise<Response> {
  const send = (shown: string): Promise<Response> =>
    fetch(path, shown ? { ...init, headers: { Authorization: `Bearer ${shown}` } } : init);
  const first = await token(config);
  const response = await send(first);
  const second = response.status === 401 && (await token(config, first));
  return second && second !== first ? send(second) : response;
}

async function ask(path: string | undefined): Promise<string> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const late = new Promise<string>((resolve) => setTimeout(resolve, PATIENCE_MS, ''));
  const answers = windows.map(async (window) => {
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise<unknown>((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
    window.postMessage({ offing: 'token' }, [port2]);
    const found = await Promise.race([answer, late]);
    port1.close();
    if (!found) throw 0;
    return String(found);
  });
  return Promise.any(answers)
    .catch(async () => {
      const response = path && (await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) }));
      return response && response.ok ? String(((await response.json()) as { token?: string }).token ?? '') : '';
    })
    .catch(() => '');
}
