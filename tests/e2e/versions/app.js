// An app that loads a part late, and notes for the tests what it was told.
import * as offing from '/_offing/client.js';

globalThis.offing = offing;
globalThis.updates = [];
globalThis.killed = 0;
globalThis.states = [];
document.body.dataset.script = '1';
sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1;
offing.onUpdate((update) => updates.push(update));
offing.onKilled(() => killed++);
offing.onState((state) => states.push(state));
globalThis.late = () => import('/late-1.js').then((part) => part.text);
