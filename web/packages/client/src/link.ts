// The page's end of the line to the worker: registers it, pings it, hears it. In a page without service workers (no
// https, some private windows) `ready` is false and nothing is sent.
import type { PageMessage, WorkerMessage } from '@offing/protocol';

const SCRIPT = '/sw.js';
const PING_MS = 20_000;
const ANSWER_MS = 10_000;

type Named<Name> = Extract<WorkerMessage, { offing: Name }>;

export const container = globalThis.navigator?.serviceWorker as ServiceWorkerContainer | undefined;
const listeners: [name: string, listener: (message: never, port?: MessagePort) => void][] = [];
const beats = new Set<(wake: boolean) => void>();
let registration: ServiceWorkerRegistration | undefined;

export const warn = (text: string): void => console.warn(`offing: ${text}`);

export function send(message: PageMessage, ports: Transferable[] = []): void {
  registration?.active?.postMessage(message, ports);
}

// Says it `tries` times, to whatever worker there is then: one that was killed meanwhile answers nothing, and the next
// one starts with the message. undefined if there is nobody, or nobody answers.
export async function ask<Name extends 'user' | 'report' | 'outbox'>(
  message: Extract<PageMessage, { offing: Name }>,
  patience = ANSWER_MS,
  tries = 1,
): Promise<Named<Name> | undefined> {
  await ready;
  for (let answer; registration && tries--;) {
    answer = await new Promise<Named<Name> | undefined>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(data as Named<Name>);
      setTimeout(resolve, patience);
      send(message, [port2]);
    });
    if (answer) return answer;
  }
  return undefined;
}

// Whether there is a worker to talk to, now.
export const isThere = (): boolean => Boolean(registration);

export function listen<Name extends WorkerMessage['offing']>(
  name: Name,
  listener: (message: Named<Name>, port?: MessagePort) => void,
): void {
  listeners.push([name, listener]);
}

export function hear(message: WorkerMessage | null, port?: MessagePort): void {
  for (const [name, listener] of listeners) if (name === message?.offing) listener(message as never, port);
}

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
    warn(`${path} is registered here and left alone: nothing is live or offline`);
    return undefined;
  }
  return (await activated(found, worker as ServiceWorker)) ? found : undefined;
}

function activated(found: ServiceWorkerRegistration, worker: ServiceWorker): Promise<boolean> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (found.active) return resolve(true);
      if (worker.state !== 'redundant') return;
      warn('the worker could not be installed');
      resolve(false);
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

async function start(): Promise<ServiceWorkerRegistration | undefined> {
  if (!container) {
    if (globalThis.document) warn('no service worker here (needs https): nothing is live or offline');
    return undefined;
  }
  let killed = false;
  listen('pulse', () => ping(false));
  listen('error', ({ code, detail }) => warn(`${code}: ${detail}`));
  listen('killed', () => {
    killed = true;
    registration = undefined;
  });
  container.addEventListener('message', ({ data, ports }: MessageEvent<WorkerMessage | null>) => {
    if (!killed) hear(data, ports?.[0]);
  });
  container.startMessages();
  const found = await register(container).catch((error: unknown) => void warn(String(error)));
  if (!found || killed) return undefined;
  registration = found;
  if (!container.controller) send({ offing: 'claim' });
  setInterval(ping, PING_MS, false);
  document.addEventListener('visibilitychange', () => ping(!document.hidden));
  // Another version took over, and knows of nobody yet.
  container.addEventListener('controllerchange', () => ping(true));
  for (const change of ['online', 'offline']) addEventListener(change, () => ping(true));
  addEventListener('pageshow', (event) => (event as PageTransitionEvent).persisted && ping(true));
  ping(false);
  send({ offing: 'state' });
  return found;
}

export const registered: Promise<ServiceWorkerRegistration | undefined> = start();

// Whether there is a worker to talk to.
export const ready: Promise<boolean> = registered.then(Boolean);
