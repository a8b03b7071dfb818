import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { fromPlugin } from '../benchmarks/plugin.js';
import type { Benchmark } from '../benchmarks/types.js';
import { messageOf, UsageError, UserError } from '../errors.js';
import { blank, original, permuted, textOnly } from '../experiments/condition.js';
import type { Experiment } from '../experiments/types.js';
import { interventions } from '../interventions/index.js';
import { scorers } from '../scorers/index.js';

/** What modules outside the package add. */
export interface Plugins {
  readonly experiments: readonly Experiment[];
  readonly benchmarks: readonly Benchmark[];
}

export const noPlugins: Plugins = { experiments: [], benchmarks: [] };

/** What a module is given, so that it needs nothing installed. */
const pluginApi = {
  /** Zod, which settings and measures are declared in. */
  z,
  interventions,
  scorers,
  conditions: { original, permuted, blank, textOnly },
  /** TensorFlow.js and the engine's operations; loaded when called, so that help is quick. */
  engine: () => import('../engine/for-plugins.js'),
};

export type PluginApi = typeof pluginApi;

/** Where a plug-in's part is from. */
interface Origin {
  readonly file: string;
  /** SHA-256 of the file: an edited plug-in's runs are other runs. */
  readonly sha256: string;
}

const origins = new WeakMap<object, Origin>();

/** The plug-in that an experiment or a benchmark is from; undefined for the package's own. */
export const originOf = (part: object): Origin | undefined => origins.get(part);

/**
 * Loads the modules that `--plugin FILE` names, before the command line is read: their experiments are commands of it. UsageError
 * that names the file and what is wrong with it.
 */
export async function loadPlugins(argv: readonly string[]): Promise<Plugins> {
  let plugins = noPlugins;
  for (const [i, flag] of argv.entries()) {
    const file = flag === '--plugin' ? argv[i + 1] : /^--plugin=(.+)$/.exec(flag)?.[1];
    if (file === undefined) continue;
    const { experiments, benchmarks } = await loadPlugin(file);
    plugins = {
      experiments: [...plugins.experiments, ...experiments],
      benchmarks: [...plugins.benchmarks, ...benchmarks],
    };
  }
  return plugins;
}

/**
 * Loads one module. It exports `experiments`, `benchmarks` or both, as lists; or a default function, which is given `pluginApi` and
 * returns them.
 */
export async function loadPlugin(file: string): Promise<Plugins> {
  const path = resolve(file);
  let exported: Record<string, unknown>;
  let sha256: string;
  try {
    sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    const module: Record<string, unknown> = await import(pathToFileURL(path).href);
    exported =
      typeof module.default === 'function'
        ? { ...module, ...(await (module.default as (api: PluginApi) => object)(pluginApi)) }
        : module;
  } catch (error) {
    throw new UsageError(`--plugin ${file} cannot be loaded (${messageOf(error)}); give a JavaScript module`);
  }
  const { experiments, benchmarks } = exported;
  if (!Array.isArray(experiments) && !Array.isArray(benchmarks)) {
    throw new UsageError(
      `--plugin ${file} exports neither "experiments" nor "benchmarks" as a list, nor a default function that returns them`,
    );
  }
  const plugins: Plugins = {
    experiments: ((experiments ?? []) as Experiment[]).map((experiment, i) => {
      checkPart(file, `experiments[${i}]`, experimentShape, experiment);
      return named(experiment, file);
    }),
    benchmarks: ((benchmarks ?? []) as Benchmark[]).map(benchmark => fromPlugin(benchmark, file)),
  };
  for (const part of [...plugins.experiments, ...plugins.benchmarks]) origins.set(part, { file, sha256 });
  return plugins;
}

/** An experiment whose faults are named as its plug-in's, with the file. */
function named<E extends Experiment>(experiment: E, file: string): E {
  const theirs = { ...experiment };
  for (const part of ['conditions', 'tables', 'figures', 'verdicts'] as const) {
    if (!(part in experiment)) continue;
    const where = `--plugin ${file}: ${part} of experiment "${experiment.name}"`;
    const call = (experiment as unknown as Record<string, (...given: unknown[]) => unknown>)[part]!;
    Object.assign(theirs, {
      [part]: (...given: unknown[]) => {
        let made: unknown;
        try {
          made = call.apply(experiment, given);
        } catch (error) {
          if (error instanceof UserError) throw error;
          throw new UserError(`${where} failed (${messageOf(error)}): correct the plug-in`, { cause: error });
        }
        if (Array.isArray(made)) return made;
        throw new UserError(
          `${where} must give a list, and gave ${made === undefined ? 'nothing' : typeof made}: correct the plug-in`,
        );
      },
    });
  }
  return theirs;
}

const fn = z.custom<(...args: never[]) => unknown>(
  value => typeof value === 'function',
  'expected a function',
);
const nameShape = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and dashes'),
};
const zodObject = z.custom<z.ZodObject>(
  value => typeof value === 'object' && value !== null && 'shape' in value && 'parse' in value,
  'expected a Zod object: z.strictObject({…})',
);

const shared = { ...nameShape, paper: z.string(), summary: z.string(), options: zodObject, tables: fn };

const experimentShape = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('asks'), ...shared, conditions: fn }),
  z.looseObject({
    kind: z.literal('measures'),
    ...shared,
    measure: fn,
    measures: z.unknown().refine(v => v, 'expected a Zod schema'),
  }),
]);

function checkPart(file: string, where: string, shape: z.ZodType, part: unknown): void {
  const { error } = shape.safeParse(part);
  if (!error) return;
  const [issue] = error.issues;
  const place = [where, ...issue!.path].join('.');
  throw new UsageError(
    issue!.path[0] === 'kind'
      ? `--plugin ${file}: ${place} is "asks" for an experiment that asks questions, "measures" for one that measures`
      : `--plugin ${file}: ${place}: ${issue!.message}; CONTRIBUTING.md shows one of each`,
  );
}
