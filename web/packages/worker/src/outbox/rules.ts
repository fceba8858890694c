// Which requests become entries: those of CONFIG's rules, in order, and what is published to a channel.
import type { Config, OutboxRule } from '@offing/protocol';
import { pattern } from '../routes/pattern.ts';

const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'];
const CHANNEL: OutboxRule = { match: '/_offing/channels/:name/events', methods: ['POST'] };

export type FindRule = (request: Request, url: URL) => OutboxRule | undefined;

export function rulesOf({ outbox = [] }: Config): FindRule {
  const all = [...outbox, CHANNEL].map((rule) => [rule, pattern(rule.match)] as const);
  return ({ mode, method, headers }, url) =>
    // What we send ourselves has its key, and goes by.
    mode === 'no-cors' || headers.has('Offing-Entry')
      ? undefined
      : all.find(([{ methods = WRITES }, matches]) => methods.includes(method) && matches(url))?.[0];
}
