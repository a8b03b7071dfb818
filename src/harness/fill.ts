import { UserError } from '../errors.js';
import type { RunRecord } from '../records/prediction.js';
import type { Run } from '../runs/run.js';
import { timed } from '../timings.js';
import type { Work } from '../work.js';

/** One unit of work done; no records where it was done before, or left out. */
export interface FilledUnit<R extends RunRecord> {
  readonly records: readonly R[];
  /** Steps of the progress display. */
  readonly steps: number;
  /** Why it was left out. */
  readonly skipped?: string;
}

/**
 * Stores units as they come and finishes the run. When `signal` aborts, the unit in progress is stored, then UserError.
 * What was left out is told at the end.
 */
export async function fill<R extends RunRecord>(
  run: Run<R>,
  units: AsyncIterable<FilledUnit<R>>,
  { label, steps }: { readonly label: string; readonly steps: number },
  { progress, signal }: Work,
): Promise<void> {
  const started = performance.now();
  const skipped: string[] = [];
  let done = 0;
  let before = 0;
  let stored = 0;
  progress.start(label, steps);
  try {
    for await (const unit of units) {
      if (unit.records.length > 0) await timed('storing records', () => run.append(unit.records));
      if (unit.skipped !== undefined) skipped.push(unit.skipped);
      stored += unit.records.length;
      done += unit.steps;
      if (unit.records.length === 0 && unit.skipped === undefined) before += unit.steps;
      progress.update(done, before);
      // A turn of the event loop, in which signals are heard.
      await new Promise(resolve => setImmediate(resolve));
      if (signal.aborted) {
        throw new UserError(
          `stopped; what was done is kept in ${run.dir}, the same command goes on from there`,
        );
      }
    }
  } finally {
    progress.stop();
  }
  const seconds = (performance.now() - started) / 1000;
  for (const line of inBrief(skipped)) progress.say(line);
  const peakMebibytes = Math.round(process.resourceUsage().maxRSS / 1024);
  await run.finish({ seconds, answered: stored, peakMebibytes, skipped });
}

/** The first few in full, the number of the rest. */
function inBrief(skipped: readonly string[]): string[] {
  const shown = skipped.slice(0, 5).map(why => `left out: ${why}`);
  return skipped.length > shown.length ? [...shown, `and ${skipped.length - shown.length} more`] : shown;
}
