import { createHash } from 'node:crypto';
import { UserError } from '../../errors.js';
import { printable, quoted } from '../../printable.js';
import type { Dataset, Sample, SampleImage } from '../types.js';
import type { ImageSource } from './images.js';

/** A question as its file gives it, before questions are grouped by image. */
export interface Question {
  readonly imageId: string;
  readonly sample: Sample;
}

/** What a reader found: everything of a split but its images' bytes. */
export interface SplitContent {
  readonly questions: readonly Question[];
  readonly images: ImageSource;
  readonly hiddenAnswers?: boolean;
}

/**
 * A dataset of questions grouped by image, images in the order of their first question, an image's questions in the
 * file's order. Its fingerprint covers every sample and what stands for every image's content (`ImageSource.stamp`).
 * UserError for no questions at all, or for two with one id.
 *
 * @param layout what was found, without counts
 */
export async function questionDataset(
  benchmark: string,
  split: string,
  layout: string,
  { questions, images, hiddenAnswers = false }: SplitContent,
): Promise<Dataset> {
  if (questions.length === 0)
    throw new UserError(`expected questions in ${printable(layout)}, found none: fetch the file again`);
  refuseDuplicates(questions, layout);
  const groups = new Map<string, Sample[]>();
  for (const { imageId, sample } of questions) {
    const group = groups.get(imageId);
    if (group === undefined) groups.set(imageId, [sample]);
    else group.push(sample);
  }
  const imageIds = [...groups.keys()];
  const counts = `${questions.length} questions on ${imageIds.length} images; ${await images.describe(imageIds)}`;
  return {
    benchmark,
    split,
    layout: `${layout}: ${counts}`,
    fingerprint: await fingerprint(groups, images),
    ...(hiddenAnswers && { hiddenAnswers }),
    imageCount: imageIds.length,
    sampleCount: questions.length,
    async *images(): AsyncGenerator<SampleImage> {
      for (const [id, samples] of groups) yield { id, samples, load: () => images.load(id) };
    },
  };
}

function refuseDuplicates(questions: readonly Question[], layout: string): void {
  const seen = new Set<string>();
  for (const { sample } of questions) {
    if (seen.has(sample.id)) {
      throw new UserError(
        `expected every question once in ${printable(layout)}, found id ${quoted(sample.id)} twice: remove the double, or name the one file to read`,
      );
    }
    seen.add(sample.id);
  }
}

async function fingerprint(
  groups: ReadonlyMap<string, readonly Sample[]>,
  images: ImageSource,
): Promise<string> {
  const hash = createHash('sha256');
  for (const [imageId, samples] of groups) {
    hash.update(`${JSON.stringify([imageId, ...samples.map(contentOf)])}\n`);
  }
  hash.update(await images.stamp([...groups.keys()]));
  return hash.digest('hex');
}

/** A sample's content in a form that does not depend on the order of a reader's fields. */
const contentOf = ({ id, question, targets, choices, category, labels }: Sample) => [
  id,
  question,
  targets,
  choices ?? [],
  category,
  Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
];
