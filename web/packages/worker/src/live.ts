// Live resources in the worker: which URLs are live (the keys of their cache), one feed per channel, one connection.
// Memory holds nothing that matters: a worker that starts anew reads the positions and resumes.
import {
  Connection,
  type Config,
  type Control,
  type ConnectionIo,
  type Frame,
  matchResource,
  parsePosition,
  type Position,
} from '@offing/protocol';
import { Feed, type FeedHost } from './feed.ts';
import { type CopyHost, LiveDocument } from './live-document.ts';

// At most so many URLs are live; the one that was shown longest ago makes room.
export const MAX_LIVE = 200;

export interface LiveHost extends CopyHost {
  connection(connection: () => Connection): ConnectionIo;
  state(socketId: string): void; // '' when the connection went down
  report(code: string | number, detail: string): void;
  control?(control: Control): void; // the operator's record came over the connection
  user(): Promise<string | undefined>; // who is there: without one nothing private is live
  token(refused?: string): Promise<string>; // of that user; '' if there is none
}

export class Live implements FeedHost {
  readonly #config: Config;
  readonly #host: LiveHost;
  readonly #connection: Connection;
  readonly #documents = new Map<string, LiveDocument>(); // the one shown last at the end
  readonly #feeds = new Map<string, Feed>();
  readonly report: (code: string | number, detail: string) => void;
  // Paths that the server has not, or does not want kept: not asked for again until a page fetches them.
  readonly #declined = new Set<string>();
  #loaded: Promise<void> | undefined;

  constructor(config: Config, host: LiveHost) {
    this.#config = config;
    this.#host = host;
    this.report = (code, detail) => host.report(code, detail);
    this.#connection = new Connection(
      host.connection(() => this.#connection),
      {
        up: (socketId) => {
          host.state(socketId);
          for (const document of this.#documents.values()) document.retry();
          for (const feed of this.#feeds.values()) feed.connected();
        },
        down: () => {
          host.state('');
          for (const feed of this.#feeds.values()) feed.disconnected();
        },
        frame: (frame) => this.#frame(frame),
        control: (control) => host.control?.(control),
        refused: this.report,
      },
    );
  }

  get connected(): boolean {
    return this.#connection.up;
  }

  isLive(path: string): boolean {
    return matchResource(this.#config, path) !== undefined;
  }

  // Somebody is there: connects and catches up. `probe`: the network may have been away. false: there is nothing to
  // connect for.
  async wake(probe = false): Promise<boolean> {
    await this.#load();
    if (!this.#documents.size) return false;
    if (this.connected) for (const document of this.#documents.values()) document.retry();
    this.#connection.wake(probe);
    return true;
  }

  sleep(): void {
    this.#connection.stop();
  }

  // Makes a URL live and cached. Its position, or undefined if it could not be fetched.
  async show(path: string): Promise<Position | undefined> {
    await this.#load();
    const own = matchResource(this.#config, path)?.private;
    if (this.#declined.has(path) || (own && !(await this.#host.user()))) return undefined;
    const known = this.#documents.get(path);
    const document = known ?? this.#join(path);
    if (!document) return undefined;
    if (known) {
      this.#documents.delete(path);
      this.#documents.set(path, known);
    }
    let position = await this.position(path);
    if (!position) {
      await document.refresh();
      position = await this.position(path);
    }
    if (position) this.#connection.wake();
    return position;
  }

  async response(path: string): Promise<Response | undefined> {
    this.#declined.delete(path);
    await this.show(path);
    return this.#host.cache.response(path);
  }

  send(text: string): void {
    this.#connection.send(text);
  }

  token(refused?: string): Promise<string> {
    return this.#host.token(refused);
  }

  // Another user is there: what is one user's is not live any more, until it is shown to this one.
  userChanged(): void {
    this.#declined.clear();
    for (const document of this.#documents.values()) if (document.own) this.#leave(document);
  }

  position(path: string): Promise<Position | undefined> {
    return this.#host.cache.position(path);
  }

  #load(): Promise<void> {
    return (this.#loaded ??= (async () => {
      for (const path of await this.#host.cache.paths()) await this.#join(path)?.check();
    })().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    }));
  }

  #join(path: string): LiveDocument | undefined {
    const live = matchResource(this.#config, path);
    if (!live) return undefined;
    const oldest = this.#documents.values().next().value;
    if (this.#documents.size >= MAX_LIVE && oldest) {
      this.#leave(oldest);
      void this.#host.cache.delete(oldest.path);
    }
    const document = new LiveDocument(live, {
      ...this.#host,
      report: this.report,
      settled: (...at) => this.#settled(...at),
    });
    let feed = this.#feeds.get(live.channel);
    if (!feed) this.#feeds.set(live.channel, (feed = new Feed(live.channel, this)));
    feed.documents.add(document);
    this.#documents.set(path, document);
    return document;
  }

  #leave(document: LiveDocument): void {
    const feed = this.#feeds.get(document.channel);
    this.#documents.delete(document.path);
    feed?.documents.delete(document);
    if (feed?.documents.size) return;
    feed?.close();
    this.#feeds.delete(document.channel);
  }

  #settled(document: LiveDocument, position: Position | undefined): void {
    if (position) this.#feeds.get(document.channel)?.settled(document, position);
    else {
      this.#leave(document);
      if (this.#declined.size >= MAX_LIVE) this.#declined.clear();
      this.#declined.add(document.path);
    }
  }

  #frame(frame: Frame): void {
    if (frame.type === 'error') this.report(frame.code ?? 'server', frame.message);
    if (!('channel' in frame)) return;
    const feed = this.#feeds.get(frame.channel);
    if (frame.type === 'subscribed') feed?.subscribed(frame);
    else if (frame.type === 'refused') feed?.refused(frame.message, frame.status);
    else if (frame.type === 'event') feed?.event(frame, parsePosition(frame.id));
  }
}
