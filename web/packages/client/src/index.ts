// The page library. Importing it registers /sw.js.
export { type Capability, type CapabilityName, type CacheReport, type Report, support } from '@offing/protocol';
export { onChanged, onKilled } from './events.ts';
export { ready } from './link.ts';
export { live, type LiveCallback, type LiveHandle, type LiveInfo } from './live.ts';
export { onState, type State, state } from './state.ts';
export { persist, report, storage, type StorageReport } from './storage.ts';
export { holdUpdate, onUpdate, type Update } from './update.ts';
export { logout, setUser } from './user.ts';
