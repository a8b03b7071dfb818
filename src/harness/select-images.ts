import type { Dataset, Sample, SampleImage } from '../benchmarks/types.js';
import { UsageError } from '../errors.js';
import type { Shard } from './shard.js';

/** Which part of a benchmark is asked; `ids` first, then `offset`, `limit`, `sample`, then the shard of that. */
export interface Selection {
  /** Images (with all their questions) and questions. */
  readonly ids?: readonly string[] | undefined;
  /** Images to skip. */
  readonly offset: number;
  /** Images to take. */
  readonly limit?: number | undefined;
  /** Images to take of these, spread evenly. */
  readonly sample?: number | undefined;
  readonly shard: Shard | null;
}

/** The images to ask about, and how many images and questions all shards have together. */
export interface Selected {
  readonly images: readonly SampleImage[];
  readonly all: { readonly images: number; readonly questions: number };
}

/** UsageError where an id is not in the data, or nothing is left. */
export async function selectImages(
  dataset: Dataset,
  { ids, offset, limit, sample, shard }: Selection,
): Promise<Selected> {
  const found: SampleImage[] = [];
  for await (const image of dataset.images()) found.push(image);
  const named = ids ? withIds(found, ids, dataset) : found;
  const stretch = named.slice(offset, limit === undefined ? undefined : offset + limit);
  const chosen = sample === undefined || sample >= stretch.length ? stretch : spread(stretch, sample);
  if (chosen.length === 0) {
    throw new UsageError(`--offset ${offset} leaves none of ${named.length} images; give a smaller one`);
  }
  await dataset.requireImages?.(chosen.map(({ id }) => id));
  const questions = chosen.reduce((sum, { samples }) => sum + samples.length, 0);
  return {
    images: shard ? chosen.filter((_, i) => i % shard.count === shard.index - 1) : chosen,
    all: { images: chosen.length, questions },
  };
}

/** `count` of the items at even distances, in their order. */
const spread = <T>(items: readonly T[], count: number): T[] =>
  Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);

function withIds(images: readonly SampleImage[], ids: readonly string[], dataset: Dataset): SampleImage[] {
  const missing = new Set(ids);
  const isNamed = ({ id }: SampleImage | Sample) => {
    missing.delete(id);
    return ids.includes(id);
  };
  const chosen = images.flatMap(image => {
    if (isNamed(image)) return [image];
    const samples = image.samples.filter(isNamed);
    return samples.length > 0 ? [{ ...image, samples }] : [];
  });
  const [first] = missing;
  if (first !== undefined) {
    const example = images[0]!;
    throw new UsageError(
      `--ids: neither an image nor a question of ${dataset.benchmark} (${dataset.split}) is called "${first}"; ` +
        `its first image is "${example.id}", its first question "${example.samples[0]!.id}"`,
    );
  }
  return chosen;
}
