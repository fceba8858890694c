// Whether the server is reachable, as the worker sees it.
import { listen } from './link.ts';

export interface State {
  online: boolean;
  since: number; // ms since 1970
  socket: string; // the id of the connection that all tabs share; '' if there is none
}

let current: State | undefined;
const callbacks = new Set<(state: State) => void>();

listen('state', ({ online, since, socket }) => {
  current = { online, since, socket };
  for (const callback of callbacks) callback(current);
});

// undefined until the worker knows.
export const state = (): State | undefined => current;

// Calls back at once if the state is known, and then at each change, until the function that it returns is called.
export function onState(callback: (state: State) => void): () => void {
  callbacks.add(callback);
  if (current) callback(current);
  return () => void callbacks.delete(callback);
}
