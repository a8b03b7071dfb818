import { Command } from 'commander';
import { z } from 'zod';
import { modelsOption } from '../../harness/fetch-presets.js';
import { commonOptions } from '../../harness/options.js';
import type { Table } from '../../records/table.js';
import { addCallOptions, addExample, type CallOptions, print, readConfigFile } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

const { results, datasets } = commonOptions.shape;

/** `list models|benches|suites|runs`: what is here, what is missing, how big it is and how to get it. */
export function listCommand(): Command {
  return new Command('list')
    .description('what is here, what is missing and how to get it')
    .addCommand(
      tableCommand(
        'models',
        'models: fetched, to be fetched, shipped with the package',
        z.strictObject({ models: modelsOption }),
        async options => (await import('../../harness/list-files.js')).modelTable(options.models),
      ),
    )
    .addCommand(
      tableCommand('benches', 'benchmark data', z.strictObject({ datasets }), async options =>
        (await import('../../harness/list-files.js')).benchTable(options.datasets),
      ),
    )
    .addCommand(
      tableCommand(
        'suites',
        'suites, and what of them is missing',
        z.strictObject({ datasets }),
        async options => (await import('../../harness/list-files.js')).suiteTable(options.datasets),
      ),
    )
    .addCommand(
      tableCommand(
        'runs',
        'runs in the results folder: what they are, how far, how big',
        z.strictObject({ results }),
        async options => (await import('../../harness/list-runs.js')).runTable(options.results),
        ({ results }) =>
          `${results} holds no runs: vlm-spatial permute --limit 10 makes one, --results DIR looks elsewhere`,
      ),
    );
}

function tableCommand<S extends z.ZodObject>(
  name: string,
  description: string,
  schema: S,
  tableOf: (options: Readonly<z.output<S>>) => Promise<Table>,
  /** What to do where there is nothing to list. */
  onNothing?: (options: Readonly<z.output<S>>) => string,
): Command {
  const command = addCallOptions(addSchemaOptions(new Command(name).description(description), schema));
  addExample(command, `list ${name} --json`);
  return command.action(async () => {
    const call = command.opts<CallOptions>();
    const options = resolveOptions(command, schema, await readConfigFile(call));
    const table = await tableOf(options);
    const { fittingTable } = await import('../show-table.js');
    if (call.json) print(JSON.stringify(table.rows));
    else if (!call.quiet)
      print(table.rows.length === 0 && onNothing ? onNothing(options) : fittingTable(table));
  });
}
