import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../errors.js';
import { didYouMean } from '../nearest.js';
import { packageRoot } from '../package-root.js';
import { type FamilyMember, variants } from '../records/result.js';
import { configNames } from './config-names.js';
import { fetchPresets, MODELS } from './fetch-presets.js';

const suiteSchema = z.strictObject({
  name: z.string(),
  summary: z.string(),
  /** Its models by name; a path is relative to the working folder or the package. */
  models: z.record(
    z.string(),
    z.strictObject({
      path: z.string(),
      title: z.string(),
      /** What it is in the paper's comparison; `baseline` unless given. */
      variant: z.enum(variants).exactOptional(),
      /** The seed that it was trained from; 0 unless given. */
      seed: z.int().min(0).exactOptional(),
      /** Folder of the vision tower, for checkpoints in LLaVA's own format. */
      visionTower: z.string().exactOptional(),
      /** The token count that it was retrained for (paper §3.2): compression's, not one of `all` models. */
      tokens: z.int().positive().exactOptional(),
    }),
  ),
  /** Folder of its benchmarks within the datasets folder; without one they lie there directly. */
  data: z.string().optional(),
  /** The benchmarks that `all` stands for. */
  benches: z.array(z.string()),
});

export type Suite = z.infer<typeof suiteSchema>;

/** A model of a suite, or a checkpoint of the user's. */
export interface ModelChoice extends FamilyMember {
  readonly suite: string;
  /** Folder of the checkpoint. */
  readonly path: string;
  readonly visionTower?: string;
}

const folder = join(packageRoot, 'configs', 'suites');

/** Names of the suites: the files of `configs/suites`, without their ending. */
export const suiteNames = (): string[] => configNames('suites');

/** Reads a suite's map from `configs/suites`. */
export function readSuite(name: string): Suite {
  const names = suiteNames();
  if (!names.includes(name)) {
    throw new UsageError(`suite "${name}" is not known; suites are: ${names.join(', ')}`);
  }
  return suiteSchema.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
}

/** Where a suite's data of a benchmark lie. */
export const dataFolder = ({ data }: Suite, benchmark: string, datasets: string): string =>
  join(datasets, data ?? '', benchmark);

/**
 * The models that `--suite` and `--model` name: without a name the suite's first; `all` for all of them but those retrained
 * for a token count, which `withRetrained` adds. A name that the suite lacks is a checkpoint's folder, or that of a model in the
 * models folder, there or to be fetched; such a model's suite is `custom`. UsageError where it is nothing of these.
 */
export function chooseModels(
  suite: Suite,
  names: readonly string[] | undefined,
  withRetrained = false,
): ModelChoice[] {
  const known = Object.entries(suite.models);
  const variants = known.filter(([, { tokens }]) => tokens === undefined).map(([name]) => name);
  const asked = (names ?? [variants[0]!]).flatMap(name => (name === 'all' ? variants : [name]));
  const retrained = known.filter(([, { tokens }]) => tokens !== undefined).map(([name]) => name);
  // Retrained checkpoints are the baseline's: they come with it, not with another model.
  const added = withRetrained && asked.includes(variants[0]!) ? retrained : [];
  return [...new Set([...asked, ...added])].map(name => {
    const member = suite.models[name];
    if (!member) return elsewhere(name, suite);
    const { path, title, variant = 'baseline', seed = 0, visionTower, tokens } = member;
    return {
      suite: suite.name,
      path: located(path),
      title,
      variant,
      trainingSeed: seed,
      ...(visionTower !== undefined && { visionTower: located(visionTower) }),
      ...(tokens !== undefined && { retrainedFor: tokens }),
    };
  });
}

/** A model that is no member of the suite. */
function elsewhere(name: string, { name: suite, models }: Suite): ModelChoice {
  const isPath = existsSync(name) || isAbsolute(name) || /[\\/]/.test(name) || name.startsWith('.');
  const custom = { suite: 'custom', variant: 'baseline', trainingSeed: 0 } as const;
  if (isPath) return { ...custom, path: name, title: name };
  const presets = fetchPresets('model');
  const preset = presets.find(one => one.name === name);
  const path = join(MODELS, name);
  if (preset || existsSync(join(path, 'config.json'))) {
    const tower = preset?.visionTower;
    const title = preset?.title ?? name;
    return { ...custom, path, title, ...(tower !== undefined && { visionTower: join(MODELS, tower) }) };
  }
  const towers = presets.map(one => one.visionTower);
  const members = Object.keys(models);
  const fetchable = presets.map(one => one.name).filter(one => !towers.includes(one));
  throw new UsageError(
    `model "${name}" is not known${didYouMean(name, [...members, ...fetchable])}; suite ${suite} has ${members.join(', ')}; ` +
      `vlm-spatial fetch model brings ${fetchable.join(', ')}; a checkpoint of your own is given by its folder`,
  );
}

/** Where a suite's path leads: fetched models lie in the working folder, shipped ones in the package. */
function located(path: string): string {
  if (isAbsolute(path)) return path;
  return existsSync(path) ? resolve(path) : join(packageRoot, path);
}
