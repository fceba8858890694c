// The page's end of the line to the worker: registers it, pings it, hears it. In a page without service workers (no
// https, some private windows) `ready` is false and nothing is sent.
import type { PageMessage, WorkerMessage } from '@offing/protocol';

const SCRIPT = '/sw.js';
const PING_MS = 20_000;

type Listener = (message: WorkerMessage) => void;

const container = globalThis.navigator?.serviceWorker as ServiceWorkerContainer | undefined;
const listeners = new Set<Listener>();
const beats = new Set<(wake: boolean) => void>();
let registration: ServiceWorkerRegistration | undefined;

export const warn = (text: string): void => console.warn(`offing: ${text}`);

export function send(message: PageMessage): void {
  registration?.active?.postMessage(message);
}

export const listen = (listener: Listener): void => void listeners.add(listener);

// Called with each ping; `wake` if the page may have slept or been cut off.
export const onPing = (beat: (wake: boolean) => void): void => void beats.add(beat);

function ping(wake: boolean): void {
  send({ offing: 'ping', visible: !document.hidden, wake });
  for (const beat of beats) beat(wake);
}

const workerOf = (found: ServiceWorkerRegistration): ServiceWorker | null =>
  found.active ?? found.waiting ?? found.installing;

// The registration of our worker, once it is active.
async function register(workers: ServiceWorkerContainer): Promise<ServiceWorkerRegistration | undefined> {
  const init: RegistrationOptions = { scope: '/', updateViaCache: 'none' };
  const known = await workers.getRegistration('/');
  // One without a worker is being made this moment, by another page: registering joins it.
  const found =
    known && workerOf(known)
      ? known
      : await workers
          .register(SCRIPT, init)
          // A worker that the app wrote itself may be a module.
          .catch(() => workers.register(SCRIPT, { ...init, type: 'module' }));
  const worker = workerOf(found);
  const path = worker && new URL(worker.scriptURL).pathname;
  if (path !== SCRIPT) {
    warn(`${path} is registered for this origin and left alone; nothing is live or offline here`);
    return undefined;
  }
  return (await activated(found, worker as ServiceWorker)) ? found : undefined;
}

function activated(found: ServiceWorkerRegistration, worker: ServiceWorker): Promise<boolean> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (found.active) return resolve(true);
      if (worker.state !== 'redundant') return;
      warn('the worker could not be installed; the next visit tries again');
      resolve(false);
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

async function start(): Promise<boolean> {
  if (!container) {
    if (globalThis.document)
      warn('no service worker here (https, or not a private window, is needed): nothing is live or offline');
    return false;
  }
  container.addEventListener('message', ({ data }: MessageEvent<WorkerMessage | null>) => {
    if (!data?.offing) return;
    if (data.offing === 'pulse') ping(false);
    if (data.offing === 'error') warn(`${data.code}: ${data.detail}`);
    for (const listener of listeners) listener(data);
  });
  container.startMessages();
  registration = await register(container).catch((error: unknown) => void warn(String(error)));
  if (!registration) return false;
  if (!container.controller) send({ offing: 'claim' });
  setInterval(ping, PING_MS, false);
  document.addEventListener('visibilitychange', () => ping(!document.hidden));
  // Another version took over, and knows of nobody yet.
  container.addEventListener('controllerchange', () => ping(true));
  addEventListener('online', () => ping(true));
  addEventListener('pageshow', (event) => (event as PageTransitionEvent).persisted && ping(true));
  ping(false);
  send({ offing: 'state' });
  return true;
}

// Whether there is a worker to talk to.
export const ready: Promise<boolean> = start();
