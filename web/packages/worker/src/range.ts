// The part of a whole answer that a request's Range header asks for, without reading the rest (RFC 9110, 14). The answer to
// several ranges, to what is no range, or to one of another version is the whole.
export async function cut({ headers: asked }: Request, response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  const tag = headers.get('ETag');
  const [, first, last] = /^bytes=(?!-$)(\d*)-(\d*)$/.exec(asked.get('Range') ?? '') ?? [];
  if (last === undefined || response.status !== 200 || (asked.get('If-Range') ?? tag) !== tag) return response;
  const body = await response.blob();
  const { size } = body;
  const start = first ? +first : Math.max(size - +last, 0);
  const end = Math.min(first && last ? +last + 1 : size, size);
  const status = start < end ? 206 : 416;
  headers.set('Content-Range', `bytes ${start < end ? `${start}-${end - 1}` : '*'}/${size}`);
  headers.delete('Content-Length');
  return new Response(body.slice(start, end), { status, headers });
}
