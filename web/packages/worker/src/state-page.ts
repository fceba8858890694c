// /_offing/state: the report as a page, or with ?json as it is. The worker makes it itself, so it is there offline.
import type { Report } from '@offing/protocol';

export const STATE_PATH = '/_offing/state';

const HEAD =
  '<!doctype html><html lang=en><meta name=viewport content="width=device-width"><meta name=color-scheme content="light dark"><title>Offing</title><pre style="white-space:pre-wrap;overflow-wrap:anywhere">';

export function statePage(report: Report, json: boolean): Response {
  const text = JSON.stringify(report, null, 2);
  const [type, body] = json
    ? ['application/json', text]
    : ['text/html;charset=utf-8', HEAD + text.replaceAll('<', '&lt;')];
  return new Response(body, { headers: { 'Content-Type': type } });
}
