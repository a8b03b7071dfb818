import { Command } from 'commander';
import { z } from 'zod';
import { drawing } from '../../work.js';
import { twoDsOptions } from '../../world/2ds/options.js';
import { miniOptions } from '../../world/mini/options.js';
import {
  addCallOptions,
  addExample,
  type CallOptions,
  print,
  readConfigFile,
  withProgress,
} from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

/** `data make 2ds|mini`: benchmarks that are generated. */
export function dataCommand(): Command {
  const make = new Command('make').description('generate a benchmark');
  make.addCommand(
    makeCommand('2ds', 'the 2D Synthetic Dataset (§5.1), generated', twoDsOptions.shape, async options => {
      const { make2ds } = await import('../../world/2ds/make.js');
      return make2ds(options);
    }),
  );
  make.addCommand(
    makeCommand(
      'mini',
      "the mini suite's benchmarks, in the real ones' formats",
      miniOptions.shape,
      async options => {
        const { makeMini } = await import('../../world/mini/make.js');
        return makeMini(options);
      },
    ),
  );
  return new Command('data').description('benchmark data').addCommand(make);
}

/** Where to write, and whom to tell how far it is. */
interface Drawing {
  readonly out: string;
  readonly onProgress: (drawn: number, total: number) => void;
}

function makeCommand<S extends z.ZodRawShape>(
  name: string,
  description: string,
  shape: S,
  make: (options: z.output<z.ZodObject<S>> & Drawing) => Promise<object>,
): Command {
  const out = z
    .string()
    .default(`datasets/${name}`)
    .meta({ description: 'folder to write to', placeholder: 'DIR' });
  const schema = z.strictObject({ out, ...shape });
  const command = addCallOptions(addSchemaOptions(new Command(name).description(description), schema));
  addExample(command, `data make ${name} --out DIR --seed 1`);
  return command.action(async () => {
    const call = command.opts<CallOptions>();
    const options = resolveOptions(command, schema, await readConfigFile(call)) as z.output<
      z.ZodObject<S>
    > & {
      out: string;
    };
    const made = await withProgress(call, ({ progress }) =>
      drawing(`drawing ${name}`, progress, onProgress => make({ ...options, onProgress })),
    );
    print(call.json ? JSON.stringify(made) : `${name} is in ${options.out}`);
  });
}
