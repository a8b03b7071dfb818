import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fromPlugin } from '../benchmarks/plugin.js';
import type { Benchmark } from '../benchmarks/types.js';
import { messageOf, UsageError } from '../errors.js';
import type { AnyExperiment } from '../experiments/types.js';

/** What modules outside the package add. */
export interface Plugins {
  readonly experiments: readonly AnyExperiment[];
  readonly benchmarks: readonly Benchmark[];
}

export const noPlugins: Plugins = { experiments: [], benchmarks: [] };

/**
 * Loads the modules that `--plugin FILE` names, before the command line is read: their experiments are commands of it. A
 * module exports `experiments`, `benchmarks` or both, as lists.
 */
export async function loadPlugins(argv: readonly string[]): Promise<Plugins> {
  let plugins = noPlugins;
  for (const [i, flag] of argv.entries()) {
    const file = flag === '--plugin' ? argv[i + 1] : /^--plugin=(.+)$/.exec(flag)?.[1];
    if (file === undefined) continue;
    const { experiments = [], benchmarks = [] } = await load(file);
    plugins = {
      experiments: [...plugins.experiments, ...experiments],
      benchmarks: [...plugins.benchmarks, ...benchmarks.map(benchmark => fromPlugin(benchmark, file))],
    };
  }
  return plugins;
}

async function load(file: string): Promise<Partial<Plugins>> {
  let module: Partial<Plugins>;
  try {
    module = await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    throw new UsageError(`--plugin ${file} cannot be loaded (${messageOf(error)}); give a JavaScript module`);
  }
  if (!Array.isArray(module.experiments) && !Array.isArray(module.benchmarks)) {
    throw new UsageError(`--plugin ${file} exports neither "experiments" nor "benchmarks", as a list`);
  }
  return module;
}
