/** What every measurement here shares: processor time, memory, and processes of their own that print one line of JSON. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Processor time of this process so far, all threads, in seconds. */
export const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Seconds by the clock: what counts where a GPU computes. */
export const wallSeconds = () => performance.now() / 1000;

/** Seconds of one call by `clock`: the least of `times`, after one call to warm up. */
export function best(work, times, clock = cpuSeconds) {
  let least = Infinity;
  for (let i = 0; i <= times; i++) {
    const start = clock();
    work();
    if (i > 0) least = Math.min(least, clock() - start);
  }
  return least;
}

/** This process's memory in GiB: now, and at its peak. */
export const memory = () => ({
  resident: process.memoryUsage.rss() / 2 ** 30,
  peak: process.resourceUsage().maxRSS / 2 ** 20,
});

/**
 * Runs a script of this folder in a process of its own, with `options` as JSON for its argument, and gives the JSON that it
 * prints as its last line; { failed } with the last line of its errors where it prints none. A `.py` is run by $PYTHON, or python3.
 */
export function measure(script, options) {
  const program = script.endsWith('.py') ? (process.env.PYTHON ?? 'python3') : process.execPath;
  const file = fileURLToPath(new URL(script, import.meta.url));
  const env = { ...process.env, OMP_NUM_THREADS: String(options.threads ?? '') };
  const done = spawnSync(program, [file, JSON.stringify(options)], { encoding: 'utf8', env });
  const line = done.stdout?.split('\n').findLast(text => text.startsWith('{'));
  return line ? JSON.parse(line) : { failed: done.stderr?.trim().split('\n').at(-1) ?? String(done.error) };
}
