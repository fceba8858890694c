// Which answers may be stored: those that are what was asked for, whole, and meant to be kept.
import type { CacheRules } from './limits.ts';

// What a proxy says for a server that is away.
export const isAway = (response: Response): boolean => [502, 503, 504].includes(response.status);

const pathOf = (url: string): string => url.split(/[?#]/)[0] as string;

// An answer, but to another question: HTML where no page was asked for is what a log-in form, or the portal of a network, answers.
export function isWrongType({ destination, url }: Request, response: Response, types?: string[]): boolean {
  const type = response.headers.get('Content-Type') ?? '';
  const page = destination
    ? /docu|frame|embed|obj/.test(destination)
    : !/\.(?!\w*htm|php|asp|jsp)\w+$/.test(pathOf(url));
  return (
    response.status === 200 &&
    !(types ? types.some((wanted) => type.startsWith(wanted.replace(/\*.*/, ''))) : page || !/^text\/html/.test(type))
  );
}

// `asked`: somebody's cacheWillUpdate wants it, whatever its status.
export function mayBeKept(request: Request, response: Response, rules: CacheRules, asked?: boolean): boolean {
  const { headers, status, type, redirected, url } = response;
  const { opaque, perUser, types } = rules;
  if (type === 'opaque') return Boolean(asked || opaque);
  const control = headers.get('Cache-Control') ?? '';
  const personal = /private/i.test(control) || (request.headers.has('Authorization') && !/public/i.test(control));
  return ((status === 200 || (asked && status > 0 && status !== 206)) &&
    !(redirected && pathOf(url) !== pathOf(request.url)) &&
    !isWrongType(request, response, types) &&
    !/no-store/i.test(control) &&
    (perUser || !personal) &&
    !headers.get('Vary')?.includes('*')) as boolean;
}
