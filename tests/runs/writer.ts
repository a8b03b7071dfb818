// A process that writes (or goes on writing) a made-up run: `node writer.js ROOT STUDY-AS-JSON`. It says `open` once it has
// the folder and `unit` before it writes one, and exits with 3 where it is told an error for people.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../src/errors.js';
import { openRun } from '../../src/runs/open-run.js';
import { runOptions, type Study, unitsOf } from './fixtures.js';

const [root = '', study = '', log] = process.argv.slice(2);

try {
  const run = await openRun({
    ...runOptions(root),
    onNotice: notice => process.stdout.write(`notice: ${notice}\n`),
  });
  process.stdout.write('open\n');
  // With a log, two writers at once would show as two entries without an exit between.
  if (log) appendFileSync(log, `enter ${process.pid}\n`);
  for (const unit of unitsOf(JSON.parse(study) as Study)) {
    const [{ image, condition }] = unit as [(typeof unit)[number]];
    if (run.isDone(image, condition)) continue;
    process.stdout.write('unit\n');
    await run.append(unit);
  }
  if (log) {
    await sleep(30);
    appendFileSync(log, `exit ${process.pid}\n`);
  } else if (!run.finished) await run.finish({});
  await run.close();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stdout.write(`${error.message}\n`);
  process.exitCode = 3;
}
