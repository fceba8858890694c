// One channel's subscription and the documents that live from it. There is one rule: a document for which nothing
// waits stands where its channel stands; if it does not, the feed resumes from the smallest stored position. So a hole,
// a queue that was full and a copy that somebody else wrote all mend in the same way.
import { encodeSubscribe, encodeUnsubscribe, formatPosition, type Frame, type Position, START } from '@offing/protocol';
import type { LiveDocument } from './live-document.ts';

const MAX_TRIES = 3;

export interface FeedHost {
  readonly connected: boolean;
  send(text: string): void;
  position(path: string): Promise<Position | undefined>;
  token(refused?: string): Promise<string>; // of the present user
  report(code: string, detail: string): void;
}

type Subscribed = Extract<Frame, { type: 'subscribed' }>;
type Published = Extract<Frame, { type: 'event' }>;

export class Feed {
  readonly name: string;
  readonly documents = new Set<LiveDocument>();
  readonly #host: FeedHost;
  #state: 'off' | 'asking' | 'live' | 'refused' = 'off';
  #sent = false; // a subscribe went out on this connection
  #token: string | undefined; // that it went out with
  #fresh = false; // the token is the second one on this connection
  #turn = 0;
  #at: Position = START; // of the last event that came
  #positions = new Map<LiveDocument, Position>();

  constructor(name: string, host: FeedHost) {
    this.name = name;
    this.#host = host;
  }

  connected(): void {
    this.disconnected();
    for (const document of this.documents) document.tries = 0;
    this.#fresh = false;
    void this.#ask();
  }

  disconnected(): void {
    this.#turn++;
    this.#state = 'off';
    this.#sent = false;
  }

  // Ends the subscription; the feed has no documents any more.
  close(): void {
    if (this.#sent && this.#host.connected) this.#host.send(encodeUnsubscribe(this.name));
    this.disconnected();
  }

  refused(message: string, status?: number): void {
    this.#state = 'refused';
    this.#sent = false;
    if (status === 401 && this.#token && !this.#fresh) {
      this.#fresh = true;
      return void this.#ask(this.#token);
    }
    this.#host.report('subscription', `${this.name}: ${message}`);
  }

  subscribed({ resume }: Subscribed): void {
    if (this.#state === 'live' && resume) {
      // The server could not go on from where it was: it says so by confirming again.
      this.#at = resume.after;
      for (const document of this.documents) document.settle();
    }
    if (this.#state !== 'asking') return;
    if (!resume) return this.refused('the channel has no log');
    this.#state = 'live';
    this.#at = resume.after;
    for (const document of this.documents) {
      const position = this.#positions.get(document);
      if (!position) {
        document.settle(); // it joined meanwhile
        continue;
      }
      const elsewhere = position.epoch !== this.#at.epoch;
      const behind = resume.ok
        ? elsewhere && position.seq > 0 && this.#at.seq > 0
        : elsewhere || position.seq !== this.#at.seq;
      if (behind) void document.refresh();
    }
  }

  event({ id, event, data, key }: Published, at: Position | undefined): void {
    if (this.#state !== 'live' || !id || !at) return;
    this.#at = at;
    for (const document of this.documents) document.push({ id, event, data, key });
  }

  settled(document: LiveDocument, position: Position | undefined): void {
    if (!position || !this.#host.connected) return;
    if (this.#state === 'off') return void this.#ask();
    if (this.#state !== 'live') return;
    if (position.epoch === this.#at.epoch && position.seq >= this.#at.seq) return;
    document.tries++;
    if (document.tries <= MAX_TRIES) return void this.#ask();
    if (document.tries === MAX_TRIES + 1) return void document.refresh();
    this.#host.report(
      'behind',
      `${document.path} stands at ${formatPosition(position)}, its channel at ${formatPosition(this.#at)}`,
    );
  }

  async #ask(refused?: string): Promise<void> {
    const turn = ++this.#turn;
    this.#state = 'asking';
    const positions = new Map<LiveDocument, Position>();
    for (const document of this.documents) {
      const position = await this.#host.position(document.path);
      if (position) positions.set(document, position);
    }
    const token = this.name.startsWith('private-') ? await this.#host.token(refused) : undefined;
    if (turn !== this.#turn) return;
    this.#token = token;
    this.#positions = positions;
    const first = [...positions.values()].sort((a, b) => a.seq - b.seq)[0];
    if (!first) {
      this.#state = 'off';
      return;
    }
    if (this.#sent) this.#host.send(encodeUnsubscribe(this.name));
    this.#sent = true;
    this.#host.send(encodeSubscribe(this.name, formatPosition(first), token));
  }
}
