// What strategies need of the worker around them; set before the first event.
import type { Host } from '../parts.ts';

export const host = {} as Host;
