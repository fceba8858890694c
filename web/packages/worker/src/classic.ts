// The composed /sw.js: the server puts `self.__OFFING = CONFIG;` in front.
import type { Config } from '@offing/protocol';
import type { PartMakers } from './parts.ts';
import { start } from './start.ts';

const scope = self as unknown as { __OFFING: Config; __OFFING_PARTS?: PartMakers };
start(scope.__OFFING, scope.__OFFING_PARTS);
