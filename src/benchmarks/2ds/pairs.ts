import { createHash } from 'node:crypto';
import { UserError } from '../../errors.js';
import { pairMetrics } from '../../scorers/metrics.js';
import { shortAnswer } from '../../scorers/short-answer.js';
import { counterfactualOf } from '../../world/2ds/counterfactual.js';
import { everyAnswer } from '../../world/2ds/questions.js';
import { renderScene } from '../../world/scene/draw.js';
import { LAYOUT_RULES } from '../../world/scene/layout.js';
import type { SceneObject } from '../../world/scene/scene.js';
import { type Question, questionDataset } from '../files/dataset.js';
import type { ImageSource } from '../files/images.js';
import type { Benchmark, Dataset, OpenOptions, Sample, SampleImage } from '../types.js';
import { chanceFloor } from './chance.js';
import { openTwoDs } from './dataset.js';

/**
 * 2DS in pairs of questions that a model which guesses from words cannot both answer: `swap`, the same question where two objects have
 * changed places and the answer with them; `roles`, a yes/no question with its objects reversed, whose answer turns; `mirror`, the same
 * question on the mirrored image, where left and right change and above and below do not. A question's labels name its pair of each
 * kind. Made of 2DS's own data; all images are drawn anew.
 */
export const twoDsPairs: Benchmark = {
  name: '2ds-pairs',
  title: '2DS in pairs',
  suffix: 'Answer the question using a single word or phrase.',
  scorer: shortAnswer,
  metrics: pairMetrics(['swap', 'roles', 'mirror']),
  chanceFloor,
  data: '2ds',
  open: openTwoDsPairs,
};

/** A scene to draw. */
interface Drawn {
  readonly size: number;
  readonly objects: readonly SceneObject[];
}

/** UserError where the data say not what lies where: the authors' file, whose objects are of another form. */
async function openTwoDsPairs(path: string, options?: OpenOptions): Promise<Dataset> {
  const base = await openTwoDs(path, options);
  const scenes = new Map<string, Drawn>();
  const questions: Question[] = [];
  const margin = Number(/\bgap (\d+)/.exec(base.split)?.[1] ?? LAYOUT_RULES.gap);
  let size: number | undefined;
  for await (const image of base.images()) {
    const { objects } = image;
    if (!objects)
      throw new UserError(
        '2DS in pairs is made of scenes whose objects are known: make one with vlm-spatial data make 2ds',
      );
    size ??= pngSide(await image.load());
    scenes.set(image.id, { size, objects });
    questions.push(...pairsOf(image, { size, objects }, margin, scenes));
  }
  const dataset = await questionDataset(
    '2ds-pairs',
    base.split,
    `pairs made of ${base.layout}`,
    { questions, images: drawnImages(scenes) },
    options,
  );
  return {
    ...dataset,
    async *images() {
      for await (const image of dataset.images()) yield { ...image, objects: scenes.get(image.id)!.objects };
    },
  };
}

/** An image's questions with their partners, on it and on the scenes that they need, which are added to `scenes`. */
function pairsOf(
  { id, samples }: SampleImage,
  { size, objects }: Drawn,
  margin: number,
  scenes: Map<string, Drawn>,
): Question[] {
  const mirrored = objects.map(object => ({ ...object, x: size - object.x }));
  const inMirror = everyAnswer(mirrored, margin);
  return samples.flatMap((sample): Question[] => {
    const labels: Record<string, string | number> = {};
    const partners: Question[] = [];
    const add = (kind: string, imageId: string, scene: Drawn, question: string, answer: string) => {
      labels[kind] = sample.id;
      scenes.set(imageId, scene);
      const own = { id: `${sample.id} ${kind}`, question, targets: [answer] };
      const partner: Sample = { ...sample, ...own, labels: { ...sample.labels, [kind]: sample.id } };
      partners.push({ imageId, sample: partner });
    };
    const other = counterfactualOf(objects, sample.question, margin);
    if (other) {
      const at = `${id} swapped ${other.swapped.map(i => i + 1).join(' and ')}`;
      add('swap', at, { size, objects: other.objects }, sample.question, other.answer);
    }
    const reversed = reverse(sample.question);
    const [answer] = sample.targets;
    if (reversed !== undefined && (answer === 'yes' || answer === 'no'))
      add('roles', id, { size, objects }, reversed, answer === 'yes' ? 'no' : 'yes');
    const seen = inMirror.get(sample.question);
    if (seen !== undefined)
      add('mirror', `${id} mirrored`, { size, objects: mirrored }, sample.question, seen);
    return [{ imageId: id, sample: { ...sample, labels: { ...sample.labels, ...labels } } }, ...partners];
  });
}

/** `Is the star below the square?` of `Is the square below the star?`; undefined for other questions. */
function reverse(question: string): string | undefined {
  const [, a, relation, b] = /^Is the (.+) (left of|right of|above|below) the (.+)\?$/.exec(question) ?? [];
  return a === undefined ? undefined : `Is the ${b} ${relation} the ${a}?`;
}

function drawnImages(scenes: ReadonlyMap<string, Drawn>): ImageSource {
  return {
    describe: async () => 'drawn when they are asked for',
    stamp: async ids => {
      const hash = createHash('sha256');
      for (const id of ids) hash.update(JSON.stringify([id, scenes.get(id)]));
      return hash.digest('hex');
    },
    missing: async ids => ids.filter(id => !scenes.has(id)),
    soughtAs: () => 'among the scenes',
    advice: 'make the data again',
    load: async id => renderScene(scenes.get(id)!),
  };
}

/** The side of a square PNG, from its header. */
function pngSide(bytes: Uint8Array): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length >= 24 && view.toString('latin1', 1, 4) === 'PNG') return view.readUInt32BE(16);
  throw new UserError(
    '2DS in pairs reads its images’ size from PNG files, this one is another: make the data with vlm-spatial data make 2ds',
  );
}
