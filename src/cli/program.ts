import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Plugins } from '../harness/plugins.js';
import { packageRoot } from '../package-root.js';
import { addExample } from './call.js';
import type { Runner } from './commands/experiment.js';
import { commands, type Entry, pluggedIn } from './commands.js';
import { respelt } from './spellings.js';

/** No plug-ins; `noPlugins`, without what loads them. */
const none: Plugins = { experiments: [], benchmarks: [] };

/**
 * The command line for the arguments `args` (without node and program): the command that they name is loaded whole, of the
 * others only what the overview says. It throws CommanderError in place of ending the process.
 */
export async function createProgram(args: readonly string[], plugins: Plugins = none): Promise<Command> {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const program = new Command('vlm-spatial')
    .description('Diagnostics of spatial awareness in vision-language models ("Beyond Semantics")')
    .version(version)
    .addHelpText(
      'after',
      '\nStart:     vlm-spatial reproduce --sample 24\nSettings:  vlm-spatial permute --help, and so on for every command',
    );
  const called = named(args);
  const run: Runner = async (experiment, options, context) => {
    const { runExperiment } = await import('../harness/run-experiment.js');
    const { experiments } = await import('../experiments/index.js');
    const names = Object.values(experiments).map(({ name }) => name);
    const place = { index: names.indexOf(experiment.name) + 1, count: names.length };
    context.work?.progress.part?.(experiment.name, called === 'reproduce' ? place : undefined);
    return runExperiment(experiment, options, { ...context, benchmarks: plugins.benchmarks });
  };
  for (const entry of [...commands, ...pluggedIn(plugins)]) {
    const command = entry.name === called ? await entry.load(run, plugins) : overview(entry);
    if (entry.example !== undefined) addExample(command, entry.example);
    program.addCommand(command.summary(entry.summary).helpGroup(entry.group));
  }
  return throwing(program);
}

/** Runs the command line; flags may be spelt as other programs spell them. Errors as `createProgram`'s, and the commands' own. */
export async function runProgram(args: readonly string[], plugins?: Plugins): Promise<void> {
  const program = await createProgram(args, plugins);
  await program.parseAsync(respelt(args, new Set(flagsOf(program))), { from: 'user' });
}

/** The long flags of a command and those below it, without dashes. */
const flagsOf = (command: Command): string[] => [
  ...command.options.flatMap(({ long }) => long?.slice(2) ?? []),
  ...command.commands.flatMap(flagsOf),
];

/** The command that arguments name; after `help`, the one that help is wanted of. */
function named(args: readonly string[]): string | undefined {
  const words = args.filter(arg => !arg.startsWith('-'));
  return words[0] === 'help' ? words[1] : words[0];
}

/** Stands for a command that was not called. */
const overview = ({ name, summary }: Entry): Command => new Command(name).description(summary);

/** Commander ends the process on its own errors unless every command is told not to. */
function throwing(command: Command): Command {
  command.commands.forEach(throwing);
  return command.exitOverride();
}
