// A compact reporter for node --test: a line for each test, what failed in full, and a closing line that people and scripts read.
import path from 'node:path';
import { inspect } from 'node:util';

const indent = (text, by = '      ') => text.replace(/^/gm, by);

function explain(error) {
  const cause = error?.cause instanceof Error ? error.cause : error;
  return indent(cause?.stack ?? inspect(cause, { depth: 4 }));
}

export default async function* report(source) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const names = [];
  let file;
  for await (const { type, data } of source) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
    if (type === 'test:start') names[data.nesting] = data.name;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const failed = type === 'test:fail';
    const why = data.details.error?.failureType;
    // A suite is the sum of its tests; it speaks only where it failed by itself (a hook).
    if (why === 'subtestsFailed' || (data.details.type === 'suite' && !failed)) continue;
    if (data.file && data.file !== file) {
      file = data.file;
      yield `${path.relative(process.cwd(), file)}\n`;
    }
    const skipped = data.skip !== undefined;
    counts[skipped ? 'skipped' : failed ? 'failed' : 'passed'] += 1;
    const word = skipped ? 'skip' : failed ? 'FAIL' : ' ok ';
    yield `  ${word}  ${[...names.slice(0, data.nesting), data.name].join(': ')} (${Math.round(data.details.duration_ms)} ms)\n`;
    if (failed && why !== 'cancelledByParent') yield `${explain(data.details.error)}\n`;
  }
  const skipped = counts.skipped ? `, ${counts.skipped} skipped` : '';
  yield `${counts.passed} passed, ${counts.failed} failed${skipped}\n`;
}
