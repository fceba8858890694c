// Shows that the suites of this folder see what they are there for: with a server that commits events and their keys in two, and that does
// not renew epochs, they must fail; and the one in front of an app must, when either of the two forgets keys.
//
//   node sabotage.mjs BINARY
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.dirname(fileURLToPath(import.meta.url));
const OFFING_BIN = process.argv[2];
let unseen = 0;
for (const [what, script, argument, sign, extra] of [
  ['events and keys in two commits', 'publish.mjs', '5', /is there twice/, { OFFING_BIN }],
  ['epochs that stand after a backup', 'restored.mjs', '', /who was at 4 may resume/, { OFFING_BIN }],
  ['an app that forgets keys', 'guard.mjs', '3', /took effect twice/, { SABOTAGE: 'app' }],
  ['a server that takes no keys', 'guard.mjs', '3', /took effect twice/, { SABOTAGE: 'server' }],
]) {
  const { stdout } = spawnSync('node', [path.join(folder, script), argument], {
    env: { ...process.env, ...extra },
    encoding: 'utf8',
  });
  const seen = sign.exec(stdout);
  if (!seen) unseen += 1;
  console.log(seen ? `   ok   ${what}: ${script} fails` : `  FAIL  ${what}: ${script} saw nothing\n${stdout}`);
}
process.exit(unseen);
