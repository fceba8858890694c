// The server under test as it is run for speed: one thread on one processor, no access log.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { APP } from '../../tests/lib/api.mjs';
import { killGroup, tempFolder, watchChild } from '../../tests/lib/ending.mjs';
import { freePort } from '../../tests/lib/ports.mjs';
import { OFFING } from '../../tests/lib/server.mjs';
import { until } from '../../tests/lib/until.mjs';

export class Offing {
  // site: a folder, or none; config: the text of offing.toml; cpu: the only processor to use.
  static async start({ site, config = '', cpu, threads = 1 } = {}) {
    const offing = new Offing();
    const folder = tempFolder('bench');
    offing.port = await freePort();
    offing.origin = `http://127.0.0.1:${offing.port}`;
    const file = path.join(folder, 'offing.toml');
    writeFileSync(file, config);
    const command = [
      OFFING,
      'serve',
      ...(site ? [site] : []),
      '--listen',
      `127.0.0.1:${offing.port}`,
      '--config',
      file,
    ];
    command.push(
      '--data',
      path.join(folder, 'data'),
      '--threads',
      String(threads),
      '--app',
      Object.values(APP).join(':'),
    );
    if (cpu !== undefined) command.unshift('taskset', '-c', String(cpu));
    offing.child = watchChild(spawn(command[0], command.slice(1), { cwd: folder, stdio: 'ignore', detached: true }));
    const healthy = async () => (await fetch(`${offing.origin}/_offing/health`)).ok;
    await until('offing is healthy', healthy, { timeout: 20_000, every: 50 });
    return offing;
  }

  get pids() {
    return [this.child.pid];
  }

  kill() {
    killGroup(this.child);
  }
}
