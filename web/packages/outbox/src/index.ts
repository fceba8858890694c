export { type Answered, type Host, isFinal, OutboxFull, type Stored, type Terms } from './entry.ts';
export { MAX_BODY_BYTES, MAX_BYTES, MAX_ENTRIES, openOutbox, type Outbox } from './outbox.ts';
