import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { experiments } from '../experiments/index.js';
import { askCommand } from './commands/ask.js';
import { dataCommand } from './commands/data.js';
import { doctorCommand } from './commands/doctor.js';
import { experimentCommand } from './commands/experiment.js';
import { nativeCommand } from './commands/native.js';
import { reproduceCommand } from './commands/reproduce.js';
import { packageRoot } from './package-root.js';

/** The whole command line; it throws CommanderError in place of ending the process. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const program = new Command('vlm-spatial')
    .description('Diagnostics of spatial awareness in vision-language models ("Beyond Semantics")')
    .version(version)
    .showSuggestionAfterError();
  const commands = [
    ...experiments.map(experiment => experimentCommand(experiment)),
    reproduceCommand(),
    askCommand(),
    dataCommand(),
    doctorCommand(),
    nativeCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...program.commands]) command.exitOverride();
  return program;
}
