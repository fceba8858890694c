// A pattern of a path: `*` stands for any characters, `:name` for one segment, all else for itself. With an origin in
// front (`https://fonts.example/*`) it is for that origin only, without one for our own. The query has no part in it.
export type Params = Record<string, string>;

// Compiled when it is first asked.
export function pattern(text: string): (url: URL) => Params | undefined {
  let compiled: RegExp | undefined;
  return (url) => {
    compiled ??= new RegExp(
      `^${(text[0] === '/' ? location.origin + text : text)
        .replace(/[\\^$.+?()[\]{}|]/g, '\\$&')
        .replace(/\*/g, '.*')
        .replace(/\/:(\w+)/g, '/(?<$1>[^/]+)')}$`,
    );
    const found = compiled.exec(url.origin + url.pathname);
    return found ? { ...found.groups } : undefined;
  };
}
