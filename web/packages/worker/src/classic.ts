// The composed /sw.js: the server puts `self.__OFFING = CONFIG;` in front.
import { type Config, optional } from '@offing/protocol';
import type { PartMakers } from './parts.ts';
import { start } from './start.ts';

const { __OFFING, __OFFING_PARTS = {} } = self as unknown as { __OFFING: Config; __OFFING_PARTS?: PartMakers };
optional['json-patch'] = __OFFING_PARTS['json-patch'];
start(__OFFING, __OFFING_PARTS);
