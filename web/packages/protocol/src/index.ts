export {
  type Config,
  type LiveUrl,
  matchResource,
  type Resource,
  type RouteRule,
  type StrategyName,
} from './config.ts';
export { Connection, type ConnectionEvents, type ConnectionIo } from './connection.ts';
export { type Copy, fold, type Folded, Folding, type FoldRule, type LogEvent, operationFor } from './fold.ts';
export {
  type Control,
  decodeFrame,
  encodePing,
  encodePong,
  encodeSubscribe,
  encodeUnsubscribe,
  type Frame,
  readControl,
} from './frames.ts';
export { byteLength, type Json, jsonEqual, type JsonObject, parseData } from './json.ts';
export {
  type CacheReport,
  HOLD_LOCK,
  LIVE_CACHE,
  type PageMessage,
  PENDING_HEADER,
  POSITION_HEADER,
  PRECACHE_PREFIX,
  type Report,
  SHOWN_CACHE,
  type UpdateMode,
  type WorkerMessage,
} from './messages.ts';
export { jsonPatch } from './json-patch.ts';
export type {
  Entry,
  EntryChange,
  EntryEvent,
  EntryPatch,
  EntryPost,
  EntryResult,
  EntryState,
  OutboxCall,
  OutboxCalls,
  OutboxRule,
  Pending,
} from './outbox.ts';
export { applyOperation, type Limits, type Operation, optional } from './operations.ts';
export { type Capability, type CapabilityName, support } from './support.ts';
export { formatPosition, parsePosition, type Position, relate, START } from './position.ts';
