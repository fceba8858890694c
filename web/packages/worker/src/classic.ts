// The composed /sw.js: the server puts `self.__OFFING = CONFIG;` in front.
import type { Config } from '@offing/protocol';
import { start } from './start.ts';

start((self as unknown as { __OFFING: Config }).__OFFING);
