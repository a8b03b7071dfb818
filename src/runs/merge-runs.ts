import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { canonicalJson, type Json, type JsonObject } from '../records/json.js';
import type { RunRecord } from '../records/prediction.js';
import { interleave } from './interleave.js';
import { openRun } from './open-run.js';
import { measurementRecords, predictionRecords, type RecordFormat } from './records.js';
import { type RunInfo, readRunInfo } from './run-info.js';
import { runKey } from './run-key.js';
import { verifyFinished } from './stored-run.js';
import { readUnits } from './unit-reader.js';

/** Which of a run's images a shard has: those whose place k has 1 + k mod count = index. */
export interface ShardPart {
  readonly index: number;
  readonly count: number;
}

/** What a shard's name ends in. */
export const shardEnding = ({ index, count }: ShardPart): string => `-shard-${index}-of-${count}`;

interface ShardRun {
  readonly dir: string;
  readonly info: RunInfo;
  readonly shard: ShardPart;
  /** The whole run's. */
  readonly parts: JsonObject;
  readonly name: string;
  /** Images of all shards together. */
  readonly images: number;
}

const shardSchema = z.object({ index: z.int().min(1), count: z.int().min(2) });
const manifestSchema = z.object({ benchmark: z.object({ images: z.int() }) });
const formats: readonly RecordFormat<RunRecord>[] = [predictionRecords, measurementRecords];

/** Tells the shards of one run from those of another: the whole run's key and place. */
export const wholeRunOf = (info: RunInfo): string => {
  const { shard, ...parts } = info.parts;
  return canonicalJson([info.suite, info.experiment, parts]);
};

/**
 * Joins the shards of one run to that run: its folder, key and records are the very ones that one process would have left.
 * The shards stay as they are. UserError, before anything is written, where a shard is missing, unfinished or there twice, was
 * run with other settings than the rest, or where images are missing or doubled.
 *
 * @param dirs the folders of all shards, in any order
 * @param root the results folder to write to
 * @param resume whether a run that is there already is gone on with, or moved aside
 */
export async function mergeRuns(
  dirs: readonly string[],
  root: string,
  onNotice: (message: string) => void,
  resume = true,
): Promise<string> {
  const shards = (await Promise.all(dirs.map(readShard))).sort((a, b) => a.shard.index - b.shard.index);
  const first = shards[0];
  if (!first) throw new UserError('there are no shards to merge: name their folders');
  refuseStrangers(first, shards);
  refuseGaps(first.shard.count, shards);
  for (const { dir, info } of shards) await verifyFinished(dir, info);
  const format = formats.find(({ file }) => file === first.info.records);
  if (!format) throw new UserError(`${first.dir} holds ${first.info.records}, which cannot be merged`);
  const units = () =>
    interleave(
      shards.map(({ dir }) => ({ dir, units: readUnits(join(dir, format.file), format) })),
      first.images,
    );
  // Once through to find what is wrong, before anything is written.
  for await (const _ of units());
  const run = await openRun({
    ...{ root, suite: first.info.suite, experiment: first.info.experiment, name: first.name },
    ...{ parts: first.parts, manifest: wholeManifest(first.info.manifest), format, onNotice, resume },
  });
  try {
    if (run.finished) onNotice(`${run.dir} is finished already`);
    else {
      for await (const { image, condition, records } of units())
        if (!run.isDone(image, condition)) await run.append(records);
      await run.finish({ shards: shards.map(s => ({ key: s.info.key, ...s.info.finished?.extra })) });
    }
    return run.dir;
  } finally {
    await run.close();
  }
}

async function readShard(dir: string): Promise<ShardRun> {
  const info = await readRunInfo(dir);
  if (!info) throw new UserError(`${dir} holds no run (it has no run.json): name the folder of a shard`);
  const { shard: place, ...parts } = info.parts;
  const shard = shardSchema.safeParse(place);
  const manifest = manifestSchema.safeParse(info.manifest);
  if (!shard.success || !manifest.success)
    throw new UserError(`${dir} is not a shard of a run: name folders that end in -shard-I-of-N-…`);
  const name = info.name.slice(0, -shardEnding(shard.data).length);
  return { dir, info, shard: shard.data, parts, name, images: manifest.data.benchmark.images };
}

/** The settings of the whole run are those of a shard but for `--shard` itself. */
function wholeManifest(manifest: JsonObject): JsonObject {
  const { shard, ...options } = (manifest.options ?? {}) as JsonObject;
  return { ...manifest, options };
}

function refuseStrangers(first: ShardRun, shards: readonly ShardRun[]): void {
  for (const { dir, info, parts, shard } of shards) {
    if (wholeRunOf(info) === wholeRunOf(first.info) && shard.count === first.shard.count) continue;
    const all: Record<string, Json>[] = [first, { info, parts, shard }].map(s => ({
      ...{ suite: s.info.suite, experiment: s.info.experiment, shards: s.shard.count },
      ...s.parts,
    }));
    const [ours, theirs] = all as [Record<string, Json>, Record<string, Json>];
    const differing = Object.keys({ ...ours, ...theirs }).filter(
      key => runKey({ value: ours[key] ?? null }) !== runKey({ value: theirs[key] ?? null }),
    );
    throw new UserError(
      `${dir} is no shard of the same run as ${first.dir} (they differ in: ${differing.join(', ')}): merge them separately`,
    );
  }
}

function refuseGaps(count: number, shards: readonly ShardRun[]): void {
  for (let index = 1; index <= count; index++) {
    const [run, double] = shards.filter(({ shard }) => shard.index === index);
    if (!run)
      throw new UserError(
        `shard ${index} of ${count} is missing (${shards.map(s => s.dir).join(', ')}): run it with --shard ${index}/${count}`,
      );
    if (double)
      throw new UserError(
        `shard ${index} of ${count} is there twice: ${run.dir}, ${double.dir}: name one of them`,
      );
    if (!run.info.finished)
      throw new UserError(
        `${run.dir} is not finished: run it again with --shard ${index}/${count}, it goes on`,
      );
  }
}
