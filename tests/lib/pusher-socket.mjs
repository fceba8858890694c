// A bare client of the Pusher protocol: it keeps every frame, in order, and may say anything.
import WebSocket from 'ws';
import { APP, channelAuth } from './api.mjs';

const VERSION = 'protocol=7&client=test&version=1';

export class PusherSocket {
  #waiting = [];
  #seen = 0;
  frames = [];

  // Without waiting for anything.
  static dial(port, { path = `/app/${APP.key}`, query = VERSION } = {}) {
    const client = new PusherSocket();
    client.ws = new WebSocket(`ws://127.0.0.1:${port}${path}${query ? `?${query}` : ''}`, { perMessageDeflate: false });
    client.closed = new Promise((resolve) => {
      client.ws.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        client.#wake();
      });
    });
    client.failed = new Promise((resolve) => client.ws.on('error', resolve));
    client.ws.on('message', (data, binary) => {
      const frame = binary ? { binary: data } : JSON.parse(data.toString());
      client.frames.push(frame);
      client.onFrame?.(frame);
      client.#wake();
    });
    return client;
  }

  // Connected and greeted.
  static async open(port, options) {
    const client = PusherSocket.dial(port, options);
    const first = await Promise.race([client.next(), client.failed]);
    if (first instanceof Error) throw first;
    if (first.event !== 'pusher:connection_established') throw new Error(`first frame: ${JSON.stringify(first)}`);
    client.greeting = JSON.parse(first.data);
    client.socketId = client.greeting.socket_id;
    return client;
  }

  #wake() {
    for (const look of [...this.#waiting]) look();
  }

  send(message) {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  // The next frame not yet taken that fits; those before it count as taken.
  next(fits = () => true, timeout = 5_000) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((other) => other !== look);
        settle(value);
      };
      const look = () => {
        while (this.#seen < this.frames.length) {
          const frame = this.frames[this.#seen++];
          if (fits(frame)) return done(resolve, frame);
        }
        if (this.ws.readyState === WebSocket.CLOSED) done(reject, new Error('the connection is closed'));
      };
      const timer = setTimeout(() => done(reject, new Error(`no such frame within ${timeout} ms`)), timeout);
      this.#waiting.push(look);
      look();
    });
  }

  nextEvent(name, timeout) {
    return this.next((frame) => frame.event === name, timeout);
  }

  // Sends a subscription and answers the frame that decides it.
  subscribe(channel, extra = {}) {
    const auth = channel.startsWith('private-') ? { auth: channelAuth(this.socketId, channel) } : {};
    this.send({ event: 'pusher:subscribe', data: { channel, ...auth, ...extra } });
    const decides = ['pusher_internal:subscription_succeeded', 'pusher:subscription_error', 'pusher:error'];
    return this.next((frame) => decides.includes(frame.event));
  }

  // Returns once everything said so far has been handled: the answer to a ping comes after it.
  async settle() {
    this.send({ event: 'pusher:ping', data: {} });
    await this.nextEvent('pusher:pong');
  }

  // The events of channels, leaving out the protocol's own.
  get events() {
    return this.frames.filter((frame) => !/^pusher(_internal)?:/.test(frame.event));
  }

  close() {
    this.ws.terminate();
  }
}
