// New versions: who is told, who is asked, which page is reloaded when. The files of the version that a page was loaded
// from stay there for it, so nothing breaks in a page that goes on for a while after another one took over.
import { HOLD_LOCK, type UpdateMode } from '@offing/protocol';
import { container, listen, registered } from './link.ts';

const CHECK_MS = 3_600_000;
const VISIBLE_CHECK_MS = 60_000;
const RELOADED = 'offing:reloaded';

export interface Update {
  version: string; // the digest of its manifest
  // It takes over, and each page of the app is reloaded once: at once, or when the page holds no more (holdUpdate).
  // Resolves when it has taken over.
  apply(): Promise<void>;
}

const callbacks = new Set<(update: Update) => void>();
let registration: ServiceWorkerRegistration | undefined;
let update: Update | undefined;
let auto = false;
let holds = 0;
let wanted: UpdateMode | undefined; // this page is to be reloaded

// Calls back when a new version waits, also one that waited before this page was opened, until the function that it
// returns is called.
export function onUpdate(callback: (update: Update) => void): () => void {
  callbacks.add(callback);
  if (update) callback(update);
  return () => void callbacks.delete(callback);
}

// This page must not be reloaded, and no version takes over by itself, until the function that it returns is called.
export function holdUpdate(): () => void {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  holds++;
  void navigator.locks.request(HOLD_LOCK, { mode: 'shared' }, () => held);
  void held.then(() => {
    holds--;
    // The lock is given back a moment later.
    setTimeout(settle);
  });
  return release;
}

// Reloads this page if that is wanted and nobody minds; has the version that waits take over if it may do so by itself.
function settle(): void {
  const quiet = !holds && document.hidden;
  if (wanted === 'forced' || (wanted === 'asked' && !holds) || (wanted && quiet)) {
    wanted = undefined;
    location.reload();
  } else if (auto && quiet) registration?.waiting?.postMessage({ offing: 'update', mode: 'quiet' });
}

function reload(mode: UpdateMode): void {
  wanted = mode;
  settle();
}

async function apply(): Promise<void> {
  const waiting = registration?.waiting;
  // Without one, another tab was faster.
  if (!waiting) return reload('asked');
  waiting.postMessage({ offing: 'update' });
  return new Promise((resolve) => container?.addEventListener('controllerchange', () => resolve(), { once: true }));
}

listen('waiting', ({ version, auto: byItself }) => {
  auto = byItself;
  settle();
  if (update?.version === version) return;
  update = { version, apply };
  for (const callback of callbacks) callback(update);
});

listen('reload', ({ mode, version }) => {
  // Not twice for one version, whatever the server says.
  if (sessionStorage[RELOADED] === version) return;
  sessionStorage[RELOADED] = version;
  reload(mode);
});

void registered.then((found) => {
  if (!found) return;
  registration = found;
  let checked = Date.now();
  const look = (): void => {
    found.installing?.addEventListener('statechange', look);
    found.waiting?.postMessage({ offing: 'waiting' });
  };
  const check = (every: number): void => {
    if (Date.now() - checked < every) return;
    checked = Date.now();
    found.update().catch(() => undefined);
  };
  found.addEventListener('updatefound', look);
  look();
  setInterval(check, CHECK_MS, 0);
  document.addEventListener('visibilitychange', () => {
    settle();
    if (!document.hidden) check(VISIBLE_CHECK_MS);
  });
});
