// The page library. Importing it registers /sw.js.
export {
  type Capability,
  type CapabilityName,
  type CacheReport,
  type Entry,
  type EntryChange,
  type EntryEvent,
  type EntryPatch,
  type EntryResult,
  type EntryState,
  type Pending,
  type Report,
  support,
} from '@offing/protocol';
export { onChanged, onKilled } from './events.ts';
export { ready } from './link.ts';
export { live, type LiveCallback, type LiveHandle, type LiveInfo } from './live.ts';
export {
  logout,
  outbox,
  type Outbox,
  type OutboxCallback,
  type OutboxEvent,
  type PostOptions,
  publish,
} from './outbox.ts';
export { onState, type State, state } from './state.ts';
export { persist, report, storage, type StorageReport } from './storage.ts';
export { holdUpdate, onUpdate, type Update } from './update.ts';
export { auth, setUser, type TokenSource } from './user.ts';
