import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { experiments } from '../experiments/index.js';
import { noPlugins, type Plugins } from '../harness/plugins.js';
import { packageRoot } from '../package-root.js';
import { askCommand } from './commands/ask.js';
import { dataCommand } from './commands/data.js';
import { diffCommand } from './commands/diff.js';
import { doctorCommand } from './commands/doctor.js';
import { experimentCommand, type Runner, runForReal } from './commands/experiment.js';
import { fetchCommand } from './commands/fetch.js';
import { listCommand } from './commands/list.js';
import { mergeCommand } from './commands/merge.js';
import { nativeCommand } from './commands/native.js';
import { reportCommand } from './commands/report.js';
import { reproduceCommand } from './commands/reproduce.js';
import { scoreCommand } from './commands/score.js';
import { trainCommand } from './commands/train.js';
import { viewCommand } from './commands/view.js';

/** The whole command line; it throws CommanderError in place of ending the process. */
export function createProgram(plugins: Plugins = noPlugins): Command {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const program = new Command('vlm-spatial')
    .description('Diagnostics of spatial awareness in vision-language models ("Beyond Semantics")')
    .version(version)
    .showSuggestionAfterError();
  const run: Runner = (experiment, options, context) =>
    runForReal(experiment, options, { ...context, benchmarks: plugins.benchmarks });
  const commands = [
    ...[...Object.values(experiments), ...plugins.experiments].map(experiment =>
      experimentCommand(experiment, run),
    ),
    reproduceCommand(run),
    reportCommand(plugins),
    mergeCommand(),
    scoreCommand(),
    diffCommand(plugins),
    viewCommand(plugins),
    listCommand(),
    fetchCommand(),
    askCommand(),
    dataCommand(),
    trainCommand(),
    doctorCommand(),
    nativeCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  return throwing(program);
}

/** Commander ends the process on its own errors unless every command is told not to. */
function throwing(command: Command): Command {
  command.commands.forEach(throwing);
  return command.exitOverride();
}
