// The page library. Importing it registers /sw.js.
export { ready } from './link.ts';
export { live, type LiveCallback, type LiveHandle, type LiveInfo } from './live.ts';
export { onState, type State, state } from './state.ts';
