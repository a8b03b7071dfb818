import { z } from 'zod';
import type { SampleImage } from '../../benchmarks/types.js';
import { logCounts } from '../../metrics/log-counts.js';
import { quantiles } from '../../metrics/quantiles.js';
import type { Measurement } from '../../records/prediction.js';
import { original } from '../condition.js';
import type { MeasuringExperiment, MeasuringJob } from '../types.js';
import { normFigures, normVerdicts } from './figure3.js';
import { normTables } from './figure3-tables.js';
import { type NormMeasures, normMeasures } from './summaries.js';

const options = z.strictObject({
  captions: z
    .enum(['first', 'all'])
    .default('first')
    .meta({ description: "captions of an image that are measured; the authors' script takes all" }),
  upscale: z.int().min(1).max(8).default(1).meta({
    description: "enlarge images by this factor before they are processed (Lanczos); the authors' script: 3",
  }),
});

type Options = z.output<typeof options>;

/**
 * Norms of vision and text tokens (paper §4.1, Figure 3): the L2 norm of every vision token after the projector and of
 * every caption token's input embedding, each caption with BOS, duplicates kept. "5,000 image–text pairs" reads as one
 * caption an image; the authors' script takes all five, and enlarges images first.
 */
export const norms: MeasuringExperiment<typeof options, NormMeasures> = {
  kind: 'measures',
  name: 'norms',
  paper: 'Figure 3, §4.1',
  summary: 'L2 norms of vision tokens and of text embeddings',
  options,
  measures: normMeasures,
  bench: ['coco'],
  measure,
  tables: normTables,
  figures: normFigures,
  verdicts: normVerdicts,
};

async function* measure(job: MeasuringJob, { captions, upscale }: Options) {
  // Loaded here, so that help and reports need no TensorFlow.js.
  const { processOrSkip } = await import('../process-or-skip.js');
  const { textNorms, visionNorms } = await import('../../observers/norms.js');
  const { llava, tokenizer } = job.model;
  for (const image of job.images) {
    if (job.isDone(image.id, original.name)) {
      yield { measurements: [], images: 1 };
      continue;
    }
    const texts = captionsOf(image).slice(0, captions === 'first' ? 1 : undefined);
    if (texts.length === 0) {
      yield { measurements: [], images: 1, skipped: `image ${image.id} has no caption` };
      continue;
    }
    const processed = await processOrSkip(image, job.model, upscale);
    if ('skipped' in processed) {
      yield { measurements: [], images: 1, ...processed };
      continue;
    }
    const vision = visionNorms(llava, processed.pixels);
    const text = textNorms(
      llava,
      texts.flatMap(caption => [...tokenizer.encode(caption)]),
    );
    yield { measurements: [measurement(image.id, texts, vision, text)], images: 1 };
  }
}

const captionsOf = ({ samples }: SampleImage): string[] =>
  samples.flatMap(({ targets }) => targets).filter(caption => caption.trim() !== '');

function measurement(
  image: string,
  texts: readonly string[],
  vision: Float32Array,
  text: Float32Array,
): Measurement {
  return {
    id: image,
    image,
    condition: original.name,
    category: '',
    labels: { captions: texts.length },
    question: texts.join('\n'),
    promptHash: '',
    measures: { ...summary('vision', vision), ...summary('text', text) },
  };
}

/** What is kept of an image's norms: counts on the fixed grid, and exactly the least, middle, mean and largest. */
function summary(kind: 'vision' | 'text', norms: Float32Array): Record<string, number | readonly number[]> {
  const { bins, counts } = logCounts(norms);
  const [least, middle, largest] = quantiles(norms, [0, 0.5, 1]);
  return {
    [`${kind}Bins`]: bins,
    [`${kind}Counts`]: counts,
    [`${kind}Min`]: least!,
    [`${kind}Median`]: middle!,
    [`${kind}Max`]: largest!,
    [`${kind}Mean`]: norms.reduce((sum, norm) => sum + norm, 0) / norms.length,
  };
}
