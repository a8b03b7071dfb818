import { Command } from 'commander';
import { z } from 'zod';
import { commonOptions } from '../../harness/options.js';
import { addCallOptions, type CallOptions, print, readConfigFile } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

const { suite, results } = commonOptions.shape;

const schema = z.strictObject({
  bench: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: 'benchmarks, by commas (default: all that have a run)', placeholder: 'NAMES' }),
  difference: z
    .number()
    .positive()
    .default(2.74)
    .meta({ description: 'points of accuracy that are to be found' }),
  power: z.number().gt(0.5).lt(1).default(0.8).meta({ description: 'how often it is to be found, of 1' }),
  suite,
  results,
});

/** `power`: how many images a difference needs, from the spread in finished runs of `permute`. */
export function powerCommand(): Command {
  const command = new Command('power').description(
    'how many images a difference needs, and what those at hand can show, from finished runs of permute',
  );
  addCallOptions(addSchemaOptions(command, schema));
  return command.action(async () => {
    const call = command.opts<CallOptions>();
    const { powerOfPermutation } = await import('../../harness/power.js');
    const { bench, suite, results, ...asked } = resolveOptions(command, schema, await readConfigFile(call));
    const table = await powerOfPermutation(results, suite, bench, asked);
    if (call.json) print(JSON.stringify(table.rows));
    else print((await import('../show-table.js')).fittingTable(table));
  });
}
