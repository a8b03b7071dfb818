import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Dataset, Sample, SampleImage } from '../../src/benchmarks/types.js';

/** Miniature benchmarks in their published layouts; `parity/make_benchmark_fixtures.py` makes them. */
export const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../parity/fixtures/benchmarks/${path}`, import.meta.url));

interface ExpectedImage {
  id: string;
  sha256: string;
  samples: Sample[];
}

interface Expected {
  split: string;
  images: ExpectedImage[];
}

/** What the files hold, as the libraries that wrote them were told. */
export const expected = (benchmark: string): Expected =>
  (JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as Record<string, Expected>)[benchmark]!;

export async function imagesOf(dataset: Dataset): Promise<SampleImage[]> {
  const images: SampleImage[] = [];
  for await (const image of dataset.images()) images.push(image);
  return images;
}

/** All that a dataset yields, images by the hash of their bytes. */
export async function everything(dataset: Dataset): Promise<Expected> {
  const images: ExpectedImage[] = [];
  for (const { id, samples, load } of await imagesOf(dataset)) {
    const sha256 = createHash('sha256')
      .update(await load())
      .digest('hex');
    images.push({ id, sha256, samples: [...samples] });
  }
  return { split: dataset.split, images };
}
