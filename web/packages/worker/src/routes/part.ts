// The build worker.routes.js: stands in front of the core in /sw.js if CONFIG has routes or fallbacks.
import type { PartMakers } from '../parts.ts';
import { routes } from './routes.ts';

const scope = self as unknown as { __OFFING_PARTS?: PartMakers };
(scope.__OFFING_PARTS ??= {}).routes = routes;
