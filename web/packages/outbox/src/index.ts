export { type Answered, type Host, isFinal, type Stored, type Terms } from './entry.ts';
export { openOutbox, type Outbox } from './outbox.ts';
export { MAX_BODY_BYTES, MAX_BYTES, MAX_ENTRIES } from './post.ts';
