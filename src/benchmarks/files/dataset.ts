import { createHash } from 'node:crypto';
import { UserError } from '../../errors.js';
import { printable, quoted } from '../../printable.js';
import type { Dataset, OpenOptions, Sample, SampleImage } from '../types.js';
import { type ImageSource, named } from './images.js';

/** A question as its file gives it, before questions are grouped by image. */
export interface Question {
  readonly imageId: string;
  readonly sample: Sample;
  /** Where it stands, for messages: `line 3`. The question's id where it is not given. */
  readonly place?: string;
}

/** What a reader found: everything of a split but its images' bytes. */
export interface SplitContent {
  readonly questions: readonly Question[];
  readonly images: ImageSource;
  readonly hiddenAnswers?: boolean;
}

/**
 * A dataset of questions grouped by image, images in the order of their first question, an image's questions in the
 * file's order. Where some questions have answers and others none, those without are left out, and counted: nothing can be
 * said of them, and one would make every mean unknown. Its fingerprint covers every sample and what stands for every image's
 * content (`ImageSource.stamp`). UserError for no questions at all, for two with one id, or for images that are not there.
 *
 * @param layout what was found, without counts
 */
export async function questionDataset(
  benchmark: string,
  split: string,
  layout: string,
  { questions: all, images, hiddenAnswers = false }: SplitContent,
  { allImages = true }: OpenOptions = {},
): Promise<Dataset> {
  const questions = hiddenAnswers ? all : all.filter(({ sample }) => sample.targets.length > 0);
  const leftOut = all.length - questions.length;
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
  const requireImages = (ids: readonly string[]) => refuseMissing(ids, questions, images, layout);
  if (allImages) await requireImages(imageIds);
  const without = leftOut === 0 ? '' : `; ${leftOut} without answers left out`;
  const counts = `${questions.length} questions on ${imageIds.length} images; ${await images.describe(imageIds)}${without}`;
  return {
    benchmark,
    split,
    layout: `${layout}: ${counts}`,
    fingerprint: await fingerprint(groups, images),
    ...(hiddenAnswers && { hiddenAnswers }),
    ...(leftOut > 0 && { leftOut }),
    imageCount: imageIds.length,
    sampleCount: questions.length,
    requireImages,
    async *images(): AsyncGenerator<SampleImage> {
      for (const [id, samples] of groups) yield { id, samples, load: () => images.load(id) };
    },
  };
}

/** UserError that names every image that is not there, and the questions that are about it. */
async function refuseMissing(
  imageIds: readonly string[],
  questions: readonly Question[],
  images: ImageSource,
  layout: string,
): Promise<void> {
  const missing = await images.missing(imageIds);
  const [first] = missing;
  if (first === undefined) return;
  const places = new Map(missing.map(id => [id, [] as string[]]));
  for (const { imageId, sample, place } of questions)
    places.get(imageId)?.push(place ?? `question ${sample.id}`);
  const list = named(missing, id => ` (${together(places.get(id)!)})`);
  throw new UserError(
    `expected every image of ${printable(layout)}, the first that is missing ${images.soughtAs(first)}; found none for ${missing.length} of ${imageIds.length}: ${list}: ${images.advice}`,
  );
}

/** `line 3, 4, 8`: places whose first words are the same say them once. */
function together(places: readonly string[]): string {
  const [first = ''] = places;
  const word = /^(\w+ |\S+:)/.exec(first)?.[0] ?? '';
  const rest = places.slice(1, 8).map(place => (place.startsWith(word) ? place.slice(word.length) : place));
  return [first, ...rest, ...(places.length > 8 ? ['…'] : [])].join(', ');
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
