// Which app, and where its server is.

export interface App {
  id: string;
  key: string;
  secret: string;
}

export interface Target {
  app?: App | string | undefined; // 'ID:KEY:SECRET'; OFFING_APP if absent
  server?: string | undefined; // OFFING_SERVER, or http://127.0.0.1:8080, if absent
}

// What the server answered, or (status 0) why it could not be asked.
export class OffingError extends Error {
  readonly status: number;

  constructor(message: string, status = 0, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OffingError';
    this.status = status;
  }
}

export function appOf(app: App | string | undefined = process.env['OFFING_APP']): App {
  const [id, key, ...secret] = typeof app === 'string' ? app.split(':') : [app?.id, app?.key, app?.secret];
  const found = { id: id ?? '', key: key ?? '', secret: secret.join(':') };
  if (!found.id || !found.key || !found.secret)
    throw new TypeError("offing: name the app, as app: 'ID:KEY:SECRET' or OFFING_APP");
  return found;
}

export const serverOf = (server: string | undefined): string =>
  (server ?? process.env['OFFING_SERVER'] ?? 'http://127.0.0.1:8080').replace(/\/+$/, '');
