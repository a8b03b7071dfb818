import { Command } from 'commander';
import { z } from 'zod';
import { twoDsOptions } from '../../benchmarks/2ds/options.js';
import { addCallOptions, type CallOptions, print, readConfigFile, withProgress } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

/** `data make 2ds`: benchmarks that are generated. */
export function dataCommand(): Command {
  const make = new Command('make').description('generate a benchmark').addCommand(make2dsCommand());
  return new Command('data').description('benchmark data').addCommand(make);
}

function make2dsCommand(): Command {
  const schema = z.strictObject({
    out: z.string().default('datasets/2ds').meta({ description: 'folder to write to', placeholder: 'DIR' }),
    ...twoDsOptions.shape,
  });
  const command = new Command('2ds').description('the 2D Synthetic Dataset (§5.1), generated');
  addCallOptions(addSchemaOptions(command, schema));
  return command.action(async () => {
    const call = command.opts<CallOptions>();
    const options = resolveOptions(command, schema, await readConfigFile(call));
    const { make2ds } = await import('../../benchmarks/2ds/make.js');
    const made = await withProgress(call, async progress => {
      progress.start('drawing 2DS', options.counts.length * options.imagesPerCount);
      try {
        return await make2ds({ ...options, onProgress: drawn => progress.update(drawn) });
      } finally {
        progress.stop();
      }
    });
    if (call.json) print(JSON.stringify(made));
    else print(`${made.questions} questions on ${made.images} images in ${made.path}`);
  });
}
