import { benchmarks } from '../benchmarks/index.js';
import type { Experiment } from '../experiments/types.js';
import { canonicalJson, type Json } from '../records/json.js';
import type { RunInfo } from '../runs/run-info.js';
import { listRuns } from '../runs/stored-run.js';
import { describeRun } from './stored-result.js';
import { readSuite, suiteNames } from './suite.js';

/** A run found on disk. */
interface FoundRun {
  readonly dir: string;
  readonly info: RunInfo;
}

/** The runs that an experiment's tables are made from, in the tables' order. */
export interface RunsAtHand {
  readonly suite: string;
  readonly experiment: Experiment;
  /** The settings that they share. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly runs: readonly FoundRun[];
  /** Runs of the same experiment that are not used, and why not. */
  readonly leftOut: readonly { readonly dir: string; readonly why: string }[];
}

/** Settings that choose what is run and where: runs that differ in nothing else belong into one table. */
const CHOICES: ReadonlySet<string> = new Set([
  ...['bench', 'coco', 'suite', 'model', 'visionTower', 'data', 'scorer', 'split'],
  ...['backend', 'threads', 'wasmThreads', 'dtype', 'weights', 'workers', 'results', 'datasets', 'resume'],
]);

/**
 * What is there to make tables from, by suite and experiment. Only finished runs count. Where runs were made with different
 * settings, those settings are taken that have the most records behind them (then the latest); where one model was run
 * twice on one split, the later run is.
 */
export async function runsAtHand(
  root: string,
  experiments: readonly Experiment[],
  suite?: string,
): Promise<RunsAtHand[]> {
  const found = (await listRuns(root)).filter(({ info }) => suite === undefined || info.suite === suite);
  const suites = [...new Set(found.map(({ info }) => info.suite))];
  return suites.flatMap(name =>
    experiments.flatMap(experiment => {
      const runs = found.filter(({ info }) => info.suite === name && info.experiment === experiment.name);
      return choose(name, experiment, runs) ?? [];
    }),
  );
}

function choose(suite: string, experiment: Experiment, found: readonly FoundRun[]): RunsAtHand | undefined {
  const leftOut = found.filter(run => unusable(run)).map(run => ({ dir: run.dir, why: unusable(run)! }));
  const bySettings = groupBy(
    found.filter(run => !unusable(run)),
    run => canonicalJson(settingsOf(run)),
  );
  const [best, ...others] = [...bySettings.values()].sort(
    (a, b) => records(b) - records(a) || latest(b).localeCompare(latest(a)),
  );
  if (!best) return undefined;
  for (const { dir } of others.flat()) leftOut.push({ dir, why: 'it was run with other settings' });
  const runs: FoundRun[] = [];
  for (const same of groupBy(best, identity).values()) {
    const [newest, ...older] = [...same].sort((a, b) => finishedAt(b).localeCompare(finishedAt(a)));
    runs.push(newest!);
    for (const { dir } of older) leftOut.push({ dir, why: `${newest!.dir} is later` });
  }
  return { suite, experiment, settings: settingsOf(runs[0]!), runs: inTableOrder(suite, runs), leftOut };
}

function unusable({ info }: FoundRun): string | undefined {
  if (info.parts.shard !== undefined) return 'it is a shard: merge it with the others';
  return info.finished ? undefined : 'it is not finished';
}

function settingsOf({ dir, info }: FoundRun): Record<string, Json> {
  const { options } = describeRun(dir, info).manifest;
  return Object.fromEntries(
    Object.entries(options as Record<string, Json>).filter(([key]) => !CHOICES.has(key)),
  );
}

/** What a table has one row of. */
function identity({ dir, info }: FoundRun): string {
  const { parts, manifest } = describeRun(dir, info);
  return JSON.stringify([manifest.model.title, parts.benchmark, parts.split]);
}

/** Models in the suite's order, those it does not know as they were run; benchmarks in the paper's order. */
function inTableOrder(suite: string, runs: readonly FoundRun[]): FoundRun[] {
  const titles = suiteNames().includes(suite) ? Object.values(readSuite(suite).models).map(m => m.title) : [];
  const names: readonly string[] = Object.keys(benchmarks);
  const begun = ({ info }: FoundRun) => info.sessions[0]?.startedAt ?? '';
  const inOrder = [...runs].sort((a, b) => begun(a).localeCompare(begun(b)));
  const models = [...titles, ...inOrder.map(run => describeRun(run.dir, run.info).manifest.model.title)];
  const place = ({ dir, info }: FoundRun) => {
    const { parts, manifest } = describeRun(dir, info);
    return models.indexOf(manifest.model.title) * (names.length + 1) + names.indexOf(parts.benchmark);
  };
  return inOrder.sort((a, b) => place(a) - place(b));
}

const finishedAt = ({ info }: FoundRun): string => info.finished?.at ?? '';
const records = (runs: readonly FoundRun[]): number =>
  runs.reduce((sum, { info }) => sum + (info.finished?.records ?? 0), 0);
const latest = (runs: readonly FoundRun[]): string => runs.map(finishedAt).sort().at(-1)!;

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
