// What the pages say to the worker (spec/worker.md, Messages).
import { type Config, formatPosition, type PageMessage, type Report, type WorkerMessage } from '@offing/protocol';
import type { Control } from './control.ts';
import type { Tabs } from './lifecycle-tabs.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Live } from './live.ts';
import type { OutboxHost } from './parts.ts';
import type { Presence } from './presence.ts';
import { setUser, userSpace } from './user.ts';

declare const self: ServiceWorkerGlobalScope;

export interface HearingParts {
  config: Config;
  control: Control;
  lifecycle: Lifecycle;
  live: Live;
  presence: Presence;
  tabs: Tabs;
  outbox: OutboxHost | undefined;
  tell(): Promise<Report>;
  reply(message: WorkerMessage): void;
}

export async function hear(message: PageMessage, parts: HearingParts): Promise<void> {
  const { config, control, lifecycle, live, presence, tabs, outbox, tell, reply } = parts;
  switch (message.offing) {
    case 'ping':
      void tabs.clean();
      void outbox?.drain(message.wake);
      void lifecycle.heal().catch(() => undefined);
      if (await live.wake(message.wake)) return;
      // Nobody needs a connection, but a page may want to know.
      if (message.visible || message.wake) await presence.answered(await control.check(message.wake));
      return;
    case 'live': {
      const at = await live.show(message.url);
      const position = at ? formatPosition(at) : '';
      return reply({ offing: 'update', url: message.url, position, added: 0, reset: false });
    }
    case 'claim':
      return self.clients.claim();
    case 'state':
      if (presence.state) reply(presence.state);
      return;
    case 'user':
      await outbox?.leave(message.pending);
      if (await setUser(message.id)) live.userChanged();
      void outbox?.drain(true);
      void outbox?.show();
      return reply({ offing: 'user', user: (await userSpace()) ?? '' });
    case 'outbox':
      return reply(
        (await outbox?.call(message.call, message.args)) ?? {
          offing: 'outbox',
          error: { name: 'NotSupportedError', message: 'offing: this worker has no outbox' },
        },
      );
    case 'report':
      return reply({ offing: 'report', report: await tell() });
    case 'waiting':
      return reply({ offing: 'waiting', version: config.manifest, auto: config.update === 'auto' });
    case 'update':
      return lifecycle.takeOver(message.mode ?? 'asked');
  }
}
