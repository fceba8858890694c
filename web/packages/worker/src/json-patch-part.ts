// The build worker.json-patch.js: stands in front of the core in /sw.js if a resource has the operation `json-patch`.
import { jsonPatch } from '@offing/protocol';
import type { PartMakers } from './parts.ts';

const scope = self as unknown as { __OFFING_PARTS?: PartMakers };
(scope.__OFFING_PARTS ??= {})['json-patch'] = jsonPatch;
