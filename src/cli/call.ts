import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { messageOf, UsageError } from '../errors.js';
import type { Work } from '../work.js';
import { createProgress } from './progress.js';

/** Flags that every command has, beside its own. */
export interface CallOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly config?: string;
}

const OUTPUT = 'Data and output:';
const PROGRAM = 'The program:';

/** Adds the flags of `CallOptions`. */
export const addCallOptions = (command: Command): Command => {
  // --plugin, --timings and --debug are read by main, before there is a command line to read.
  for (const [group, flags, description] of [
    [OUTPUT, '--json', 'print one JSON object to standard output'],
    [OUTPUT, '--quiet', 'say nothing but errors'],
    [PROGRAM, '--config <FILE>', 'settings as JSON, spelt as the flags are; flags overrule it'],
    [PROGRAM, '--plugin <FILE>', 'load experiments and benchmarks from a JavaScript module'],
    [PROGRAM, '--timings', 'say at the end where the time of this process went, on standard error'],
    [PROGRAM, '--debug', 'show where an error came from'],
  ] as const)
    command.addOption(new Option(flags, description).helpGroup(group));
  return command.addHelpOption(new Option('-h, --help', 'show this help').helpGroup(PROGRAM));
};

/** Ends the help of a command with a call of it. */
export const addExample = (command: Command, args: string): Command =>
  command.addHelpText('after', `\nExample:\n  vlm-spatial ${args}`);

/** The settings of `--config`, or none. */
export async function readConfigFile({ config }: CallOptions): Promise<Record<string, unknown>> {
  if (config === undefined) return {};
  try {
    const value: unknown = JSON.parse(await readFile(config, 'utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error('not a JSON object');
    return value as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(
      `--config ${config}: ${messageOf(error)}; give a JSON file with one object of settings`,
    );
  }
}

/**
 * Runs `work` with a progress display and a signal that Ctrl-C (or SIGTERM) aborts, so that what is in progress can end
 * cleanly. A second Ctrl-C ends the process at once.
 */
export async function withProgress<T>(
  { quiet = false, json = false }: CallOptions,
  work: (work: Work) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  const progress = createProgress(quiet || (json && !process.stderr.isTTY));
  try {
    return await work({ progress, signal: stop.signal });
  } finally {
    // A bar that an error left standing would keep the process alive.
    progress.stop();
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}

/** Writes text to standard output, with a newline. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
