import { existsSync } from 'node:fs';
import { z } from 'zod';
import { benchmarks } from '../benchmarks/index.js';
import { ownBenchmark } from '../benchmarks/jsonl.js';
import type { Benchmark } from '../benchmarks/types.js';
import { UserError } from '../errors.js';
import type { RunInfo } from '../runs/run-info.js';
import { type ScorerName, scorers } from '../scorers/index.js';
import { describeRun } from './stored-result.js';
import { dataFolder, readSuite } from './suite.js';

/** The encoded file of an image by its id; undefined where the data have no such image. */
export type RunImages = (image: string) => Promise<Uint8Array> | undefined;

/** Where a run's data are now, if no longer where they were. */
export interface MovedData {
  /** The datasets folder. */
  readonly datasets?: string | undefined;
  /** The benchmark's own files. */
  readonly data?: string | undefined;
}

const optionsSchema = z.looseObject({
  suite: z.string(),
  datasets: z.string(),
  data: z.string().optional(),
  split: z.string().optional(),
  images: z.string().optional(),
  scorer: z.enum(Object.keys(scorers) as [ScorerName, ...ScorerName[]]).optional(),
});

/**
 * The images that a stored run was asked about, out of its benchmark's files, which are opened again; bytes are read when an
 * image is asked for. Nothing is made or fetched. UserError where the data are no longer there, or are no longer those of
 * the run: under the same ids there may then be other pictures.
 *
 * @param known benchmarks to look for the run's own among
 */
export async function imagesOfRun(
  { dir, info }: { readonly dir: string; readonly info: RunInfo },
  known: readonly Benchmark[] = Object.values(benchmarks),
  moved: MovedData = {},
): Promise<RunImages> {
  const { parts, manifest } = describeRun(dir, info);
  const options = optionsSchema.safeParse(manifest.options);
  if (!options.success)
    throw new UserError(`${dir}/run.json does not say where its data are: run its command again`);
  const { split, scorer, images } = options.data;
  const own = known.find(({ name }) => name === parts.benchmark);
  const path = pathOf(own?.data ?? parts.benchmark, { ...options.data, ...given(moved) });
  // A benchmark of one's own is known by its file and its scorer.
  const benchmark = scorer === undefined ? own : ownBenchmark(path, scorer);
  if (!benchmark)
    throw new UserError(
      `${dir}: its benchmark "${parts.benchmark}" is not known: load the --plugin that it was run with`,
    );
  if (!existsSync(path))
    throw new UserError(
      `the data of ${dir} are not in ${path}: make or fetch them again, or say where they are (--datasets, --data)`,
    );
  const dataset = await benchmark.open(path, {
    allImages: false,
    ...(split !== undefined && { split }),
    ...(images !== undefined && { images }),
  });
  if (dataset.fingerprint !== parts.data)
    throw new UserError(
      `${path} no longer holds the data of ${dir} (fingerprint ${parts.data.slice(0, 8)} expected, ${dataset.fingerprint.slice(0, 8)} found): restore them, or say where they are (--datasets, --data)`,
    );
  const loads = new Map<string, () => Promise<Uint8Array>>();
  for await (const { id, load } of dataset.images()) loads.set(id, load);
  return image => loads.get(image)?.();
}

const given = ({ datasets, data }: MovedData) => ({ ...(datasets && { datasets }), ...(data && { data }) });

/** As `openBenchmarks` finds it. */
const pathOf = (name: string, { suite, datasets, data }: z.output<typeof optionsSchema>): string =>
  data ?? dataFolder(readSuite(suite), name, datasets);
