import type { SampleImage } from '../../benchmarks/types.js';
import { UserError } from '../../errors.js';
import { FeatureCache } from '../../interventions/apply.js';
import { orderIn } from '../../interventions/permute.js';
import type { OpenedModel } from '../../models/open-model.js';
import { type Shown, stageProbes } from '../../observers/stage-probes.js';
import { seededRandom, shuffled } from '../../random.js';
import type { Measurement } from '../../records/prediction.js';
import { type Asking, putQuestions } from '../answer.js';
import type { Condition } from '../condition.js';
import { processOrSkip } from '../process-or-skip.js';
import type { MeasuredUnit, MeasuringJob } from '../types.js';
import { CONDITIONS, objectsIn, objectTargets, placesOf, placeTargets } from './targets.js';

/** Its own settings. */
export interface ProbeOptions {
  /** Images that probes are fitted to and tested on. */
  readonly probeImages: number;
}

/** Share of the images that probes are fitted to; the rest tests them. */
const FITTED = 0.7;
const FEWEST_IMAGES = 20;

/**
 * Fits the probes of each condition to some images and tests them on others, one unit a tested image: `<target>Right`,
 * `<target>Control` (right by a probe of shuffled labels), `<target>Guessed` (right by always saying the most frequent class) and `<target>Asked`, each a count for every stage.
 * Stages are the vision features (in the tokens' own order alone), the vision tokens, and every decoder layer's output.
 * UserError where there are too few images, or the vision tokens are no grid.
 */
export async function* measureProbes(
  { model, images, asking, isDone }: MeasuringJob,
  { probeImages }: ProbeOptions,
): AsyncGenerator<MeasuredUnit> {
  const chosen = shuffled(seededRandom('probe', asking.seed), images).slice(0, probeImages);
  if (chosen.length < FEWEST_IMAGES) {
    throw new UserError(
      `probes need at least ${FEWEST_IMAGES} images to be fitted and tested, got ${chosen.length}; give a larger --limit or another benchmark`,
    );
  }
  const fitted = Math.round(FITTED * chosen.length);
  const [train, test] = [chosen.slice(0, fitted), chosen.slice(fitted)];
  const withObjects = chosen.every(image => image.objects !== undefined);
  const step = evenly(images.length, 2 * chosen.length);
  for (const condition of Object.values(CONDITIONS)) {
    const missing = test.filter(image => !isDone(image.id, condition.name));
    if (missing.length === 0) {
      for (const _ of chosen) yield { measurements: [], images: step() };
      continue;
    }
    const permuted = condition === CONDITIONS.permuted;
    const groups = [placeTargets(permuted), ...(withObjects ? [objectTargets] : [])];
    // The vision features know nothing of an order that comes after them.
    const probes = stageProbes(model.llava, groups, {
      features: !permuted,
      random: seededRandom('probe control', asking.seed, condition.name),
    });
    const { fitTo, test: tested } = probes;
    const passing = { model, asking, condition, withObjects };
    try {
      for (const image of train) {
        const unit = await passed(passing, image, shown => {
          fitTo(shown);
          return [];
        });
        yield { ...unit, images: step() };
      }
      probes.fit();
      for (const image of test) {
        const unit = missing.includes(image)
          ? await passed(passing, image, shown => [recordOf(image, condition.name, tested(shown))])
          : { measurements: [] };
        yield { ...unit, images: step() };
      }
    } finally {
      probes.dispose();
    }
  }
}

interface Passing {
  readonly model: OpenedModel;
  readonly asking: Asking;
  readonly condition: Condition;
  readonly withObjects: boolean;
}

/** What comes of showing the probes an image under a condition; a broken image is left out. */
async function passed(
  { model, asking, condition, withObjects }: Passing,
  image: SampleImage,
  to: (shown: Shown) => readonly Measurement[],
): Promise<Omit<MeasuredUnit, 'images'>> {
  const processed = await processOrSkip(image, model);
  if ('skipped' in processed) return { measurements: [], ...processed };
  const { pixels, view } = processed;
  const cache = new FeatureCache(model.llava, pixels);
  try {
    const [first] = image.samples;
    const put = putQuestions(model, asking, condition, { id: image.id, features: cache }, [
      first ?? { id: '', question: '' },
    ]);
    try {
      const order = orderIn(put.did) ?? null;
      const labels: Shown['labels'] = [
        side => placesOf(side, order),
        ...(withObjects ? [(side: number) => objectsIn(image.objects ?? [], view, side, order)] : []),
      ];
      const features = cache.get([], put.context);
      const { before } = put.prompts[0]!;
      return { measurements: to({ before, features, visionTokens: put.visionTokens!, labels }) };
    } finally {
      put.dispose();
    }
  } finally {
    cache.dispose();
  }
}

const recordOf = (
  { id }: SampleImage,
  condition: string,
  measures: Measurement['measures'],
): Measurement => ({
  id,
  image: id,
  condition,
  category: '',
  labels: {},
  question: '',
  promptHash: '',
  measures,
});

/** How far `total` is brought forward by each of so many steps, in whole numbers. */
function evenly(total: number, steps: number): () => number {
  let step = 0;
  return () => Math.round((total * ++step) / steps) - Math.round((total * (step - 1)) / steps);
}
