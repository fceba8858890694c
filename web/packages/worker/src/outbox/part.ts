// The build worker.outbox.js: stands in front of the core in /sw.js if CONFIG.parts names it.
import type { PartMakers } from '../parts.ts';
import { outbox } from './outbox.ts';

const scope = self as unknown as { __OFFING_PARTS?: PartMakers };
(scope.__OFFING_PARTS ??= {}).outbox = outbox;
