import { CommanderError } from 'commander';
import { messageOf, UserError } from '../errors.js';
import { onOneLine } from '../printable.js';
import { startTimings } from '../timings.js';
import { runProgram } from './program.js';

/**
 * Runs the command line and gives its exit code: 0, 1 for an error, 2 for wrong usage. Errors for people are one line;
 * `--debug` adds the stack, `--timings` a table of where the time went.
 */
export async function main(argv: readonly string[]): Promise<number> {
  // Who reads no further (`| head`) has what they wanted.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  const timings = argv.includes('--timings');
  if (timings) startTimings();
  try {
    await runProgram(argv.slice(2), await pluginsOf(argv));
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const debug = argv.includes('--debug') && error instanceof Error;
    process.stderr.write(`error: ${debug ? error.stack : onOneLine(messageOf(error))}\n`);
    if (error instanceof UserError) return error.exitCode;
    if (!debug) process.stderr.write('this is a defect of vlm-spatial; --debug shows where it came from\n');
    return 1;
  } finally {
    if (timings) process.stderr.write((await import('./timings-table.js')).timingsText());
  }
}

/** What `--plugin` names; what loads it loads only where there is one, so that help is quick. */
async function pluginsOf(argv: readonly string[]) {
  if (!argv.some(arg => /^--plugin(=|$)/.test(arg))) return undefined;
  const { loadPlugins } = await import('../harness/plugins.js');
  return loadPlugins(argv);
}
