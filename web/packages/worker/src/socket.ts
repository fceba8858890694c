// The browser's end of a Connection: a WebSocket, a timer, a clock.
import type { Config, Connection, ConnectionIo } from '@offing/protocol';

export function socket(config: Config, connection: () => Connection): ConnectionIo {
  const url = new URL(`/app/${config.app}?protocol=7&client=offing&version=${config.version}`, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  let current: WebSocket | undefined;
  let timer = 0;
  const drop = (): void => {
    const old = current;
    current = undefined;
    clearTimeout(timer);
    old?.close();
  };
  return {
    open() {
      current?.close();
      const mine = (current = new WebSocket(url));
      mine.onmessage = ({ data }) => {
        if (mine === current) connection().text(String(data));
      };
      mine.onclose = ({ code, reason }) => {
        if (mine !== current) return;
        current = undefined;
        connection().closed(code, reason);
      };
    },
    send: (text) => current?.send(text),
    drop,
    timer(ms) {
      clearTimeout(timer);
      timer = setTimeout(() => connection().tick(), ms);
    },
    now: Date.now,
    random: Math.random,
  };
}
