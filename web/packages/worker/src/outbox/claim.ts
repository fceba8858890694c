// A request that has become an entry: what the page that made it gets as its answer.
import type { OutboxRule } from '@offing/protocol';
import type { Answered, Outbox } from '@offing/outbox';

const WAIT_MS = 3_000;
export const QUEUED_PATH = '/_offing/queued';

const HEAD =
  '<!doctype html><html lang=en><meta name=viewport content="width=device-width"><meta name=color-scheme content="light dark"><meta http-equiv=refresh content=5><title>Saved</title><p>';

// By entry: who waits for what the server says.
export type Waiting = Map<string, ((answered: Answered) => void)[]>;

const answerOf = (body: Blob, status: number, headers: HeadersInit): Response =>
  new Response([204, 205, 304].includes(status) ? null : body, { status, headers });

const keyOf = ({ headers }: Request): string | undefined =>
  /^"([\x20!#-[\]-~]{1,200})"$/.exec(headers.get('Idempotency-Key') ?? '')?.[1];

// What the server said to a request of this mode. A redirect comes in headers of its own.
function passedOn(
  { response: { status, headers }, body }: Answered,
  navigation: boolean,
  url: string,
): Response | Promise<Response> {
  const to = headers.get('Offing-Location');
  if (!to) return answerOf(body, status, headers);
  const target = new URL(to, url).href;
  return navigation ? Response.redirect(target, +(headers.get('Offing-Status') ?? 303)) : fetch(target);
}

export async function claim(
  { request }: FetchEvent,
  url: URL,
  rule: OutboxRule,
  outbox: Outbox,
  waiting: Waiting,
): Promise<Response> {
  const { method, headers, credentials, mode } = request;
  const { lane = 'path', expires, wait = WAIT_MS, ack, reject, queued, notify, patch, coalesce, match } = rule;
  const navigation = mode === 'navigate';
  const spare = request.clone();
  let id: string;
  try {
    const type = headers.get('Content-Type') ?? '';
    const body = await request.blob();
    const entry = await outbox.post(
      {
        id: keyOf(request),
        ...{ url: url.href, method, headers: Object.fromEntries(headers), expires, notify },
        body: body.size || type ? body.slice(0, body.size, type) : undefined,
        lane: lane === 'path' ? undefined : lane === 'rule' ? match : lane,
        patch: patch && { ...patch, data: JSON.parse(await body.text()) },
      },
      { ack, reject, queued, credentials, coalesce: coalesce && /^P[UA]T/.test(method) },
    );
    ({ id } = entry);
  } catch {
    return fetch(spare);
  }
  const known = await outbox.entry(id);
  if (known?.result?.body && known.state !== 'conflict')
    return answerOf(known.result.body, known.result.status, known.result.headers);
  const answered = await new Promise<Answered | void>((resolve) => {
    waiting.set(id, [...(waiting.get(id) ?? []), resolve]);
    setTimeout(resolve, navigator.onLine ? wait : 0);
  });
  waiting.delete(id);
  if (answered) return passedOn(answered, navigation, url.href);
  if (navigation) return Response.redirect(`${QUEUED_PATH}?id=${encodeURIComponent(id)}`, 303);
  return Response.json({ queued: true, id }, { status: 202, headers: { 'Offing-Queued': id } });
}

// Where a form that could not be sent yet has led to. `page`: one of the app's own.
export async function queuedPage(
  url: URL,
  outbox: Outbox,
  page: (path: string) => Promise<Response>,
): Promise<Response> {
  const entry = await outbox.entry(url.searchParams.get('id') ?? '').catch(() => undefined);
  if (!entry) return Response.redirect('/', 303);
  const { state, result, queued } = entry as typeof entry & { queued?: string };
  if (result?.headers['offing-location'])
    return Response.redirect(new URL(result.headers['offing-location'], entry.url), 303);
  if (result?.body) return answerOf(result.body, result.status, result.headers);
  const own = queued && (await page(queued).catch(() => undefined));
  return (
    own ||
    new Response(
      `${HEAD}${/^(queued|sending|held)$/.test(state) ? 'Saved on this device. It will be sent as soon as the server can be reached.' : `This was not sent: ${state}.`}`,
      { headers: { 'Content-Type': 'text/html' } },
    )
  );
}
