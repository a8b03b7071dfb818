import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { UsageError } from '../../errors.js';
import type { Preset } from '../../fetch/preset.js';
import { type FetchKind, fetchPresets, modelsOption } from '../../harness/fetch-presets.js';
import { commonOptions } from '../../harness/options.js';
import { didYouMean } from '../../nearest.js';
import {
  addCallOptions,
  addExample,
  type CallOptions,
  print,
  readConfigFile,
  withProgress,
} from '../call.js';
import { describeFetched, type Fetched, summaryOf } from '../describe-fetched.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

const dryRun = z.boolean().default(false).meta({ description: 'only say what would be fetched, how much' });
const bin = z
  .boolean()
  .default(false)
  .meta({ description: 'take PyTorch .bin weights where there are no others, to be converted' });

const modelSchema = z.strictObject({ models: modelsOption, dryRun, bin });
const benchSchema = z.strictObject({ datasets: commonOptions.shape.datasets, dryRun });

/** `fetch model|bench NAMES`: what others have published. */
export function fetchCommand(): Command {
  const model = new Command('model')
    .description('fetch models, each with its vision tower (vlm-spatial list models names them)')
    .argument('<names...>', 'names of presets');
  addExample(model, 'fetch model llava-1.5-7b --dry-run');
  addCallOptions(addSchemaOptions(model, modelSchema)).action(async (names: string[]) => {
    const call = model.opts<CallOptions>();
    const options = resolveOptions(model, modelSchema, await readConfigFile(call));
    await fetchAll('model', names, { ...call, ...options, root: options.models });
  });
  const bench = new Command('bench')
    .description('fetch benchmarks (vlm-spatial list benches names them)')
    .argument('<names...>', 'names of presets');
  addExample(bench, 'fetch bench gqa pope');
  addCallOptions(addSchemaOptions(bench, benchSchema)).action(async (names: string[]) => {
    const call = bench.opts<CallOptions>();
    const options = resolveOptions(bench, benchSchema, await readConfigFile(call));
    await fetchAll('bench', names, { ...call, ...options, bin: false, root: options.datasets });
  });
  return new Command('fetch')
    .description('fetch models and benchmarks; the same command goes on with a stopped one')
    .addCommand(model)
    .addCommand(bench);
}

interface FetchOptions extends CallOptions {
  readonly root: string;
  readonly dryRun: boolean;
  readonly bin: boolean;
}

async function fetchAll(kind: FetchKind, names: readonly string[], options: FetchOptions): Promise<void> {
  const presets = choose(kind, names);
  const { contextFrom, fetchOne } = await import('../fetch-one.js');
  const results = await withProgress(options, async work => {
    const context = contextFrom(process.env, options.bin, work);
    const fetched: Fetched[] = [];
    for (const preset of presets) {
      const folder = join(options.root, preset.name);
      fetched.push(await fetchOne(preset, folder, options.dryRun, context, work.progress));
    }
    return fetched;
  });
  if (options.json) print(JSON.stringify(results.map(summaryOf)));
  else if (!options.quiet) for (const result of results) print(describeFetched(result));
}

/** The presets of these names, each followed by its vision tower. */
function choose(kind: FetchKind, names: readonly string[]): Preset[] {
  const known = fetchPresets(kind);
  const find = (name: string): Preset => {
    const preset = known.find(one => one.name === name);
    if (preset) return preset;
    const all = known.map(one => one.name).join(', ');
    throw new UsageError(
      `${kind} "${name}" is not known${didYouMean(
        name,
        known.map(one => one.name),
      )}; there are: ${all}`,
    );
  };
  const wanted = names.map(find).flatMap(p => (p.visionTower ? [p, find(p.visionTower)] : [p]));
  return [...new Set(wanted)];
}
