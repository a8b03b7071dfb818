import type { Sample, SampleImage } from '../../benchmarks/types.js';
import { UsageError, UserError } from '../../errors.js';
import { FeatureCache, hooksOf } from '../../interventions/apply.js';
import { patch } from '../../interventions/patch.js';
import { type ProcessedImage, processImage } from '../../models/images/processor.js';
import type { Llava } from '../../models/llava.js';
import type { OpenedModel } from '../../models/open-model.js';
import { encodePrompt, renderPrompt } from '../../models/text/prompt.js';
import { nextLogits, promptStates } from '../../observers/prompt-states.js';
import type { Measurement } from '../../records/prediction.js';
import { type Counterfactual, counterfactualOf } from '../../world/2ds/counterfactual.js';
import { renderScene } from '../../world/scene/draw.js';
import type { SceneObject } from '../../world/scene/scene.js';
import { type Asking, type PutQuestions, putQuestions } from '../answer.js';
import { original } from '../condition.js';
import { promptHash } from '../evaluate.js';
import { processOrSkip } from '../process-or-skip.js';
import type { MeasuredUnit, MeasuringJob } from '../types.js';
import { gridOf } from '../vision-grid.js';
import { type Group, groupsOf } from './groups.js';

/** Its own settings. */
export interface PatchOptions {
  readonly layers: string;
  readonly questions: 'first' | 'all';
}

/** A question that has one answer in the scene and another in its counterfactual. */
interface Asked {
  readonly sample: Sample;
  readonly counterfactual: Counterfactual;
}

/**
 * One unit an image: a record for each question asked. Both scenes are drawn here, so that they differ in the two objects alone. UserError
 * where the images' objects are not known, or the vision tokens are no square grid; an image none of whose questions has a
 * counterfactual that the model's first token could tell is left out.
 */
export async function* measurePatches(
  { model, images, asking, isDone }: MeasuringJob,
  options: PatchOptions,
): AsyncGenerator<MeasuredUnit> {
  const layers = layersOf(options.layers, model.llava.config.text.layers);
  const side = Math.round(Math.sqrt(model.llava.visionTokenCount));
  if (side * side !== model.llava.visionTokenCount) {
    throw new UserError(
      `patch groups vision tokens by their cells and needs a square grid of them, the model has ${model.llava.visionTokenCount}: choose another model`,
    );
  }
  for (const image of images) {
    if (isDone(image.id, original.name)) {
      yield { measurements: [], images: 1 };
      continue;
    }
    const { objects } = image;
    if (!objects)
      throw new UserError('patch draws scenes anew and must know their objects: choose --bench 2ds');
    const asked = image.samples.flatMap((sample): Asked[] => {
      const counterfactual = counterfactualOf(objects, sample.question);
      return counterfactual && firstTokensDiffer(model, asking, sample, counterfactual)
        ? [{ sample, counterfactual }]
        : [];
    });
    if (asked.length === 0) {
      yield {
        measurements: [],
        images: 1,
        skipped: `${image.id}: no question has another answer where two objects change places`,
      };
      continue;
    }
    const processed = await processOrSkip(image, model);
    if ('skipped' in processed) {
      yield { measurements: [], images: 1, ...processed };
      continue;
    }
    const size = Math.round(processed.view.left * 2 + processed.view.width);
    const chosen = options.questions === 'all' ? asked : asked.slice(0, 1);
    const measurements: Measurement[] = [];
    for (const one of chosen)
      measurements.push(await measureQuestion(model, asking, image, size, one, layers));
    yield { measurements, images: 1 };
  }
}

/** Layers `A-B`, or all, from 0; UsageError for others. */
function layersOf(text: string, layers: number): number[] {
  const all = Array.from({ length: layers + 1 }, (_, layer) => layer);
  if (text === 'all') return all;
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const chosen = all.filter(layer => layer >= Number(from) && layer <= Number(to));
  if (Number(to) <= layers && chosen.length > 0) return chosen;
  throw new UsageError(
    `--layers: "${text}" is no range of the decoder's layers 0 to ${layers}; give all, 0-${layers} or ${layers}`,
  );
}

async function measureQuestion(
  model: OpenedModel,
  asking: Asking,
  image: SampleImage,
  size: number,
  { sample, counterfactual }: Asked,
  layers: readonly number[],
): Promise<Measurement> {
  const drawn = async (objects: readonly SceneObject[]) =>
    processImage(await renderScene({ size, objects }), model.processor, image.id);
  const scenes = [await drawn(image.objects!), await drawn(counterfactual.objects)] as const;
  const runs = scenes.map(scene => prompted(model, asking, image.id, scene, sample));
  try {
    const [clean, other] = runs as [Prompted, Prompted];
    const [right, wrong] = answersOf(model, asking, sample, counterfactual) as [number, number];
    const difference = (logits: Float32Array) => logits[right]! - logits[wrong]!;
    const measures = patched(model.llava, clean, other, difference, layers, {
      tokens: piecesOf(clean.put.prompts[0]!.after, ids => model.tokenizer.decode(ids)),
      objects: counterfactual.swapped.map(i => image.objects![i]!) as [SceneObject, SceneObject],
      view: scenes[0].view,
    });
    const { id, category, labels, question } = sample;
    const { prompts } = clean.put;
    return {
      ...{ id, image: image.id, condition: original.name, category, labels, question },
      promptHash: promptHash(prompts[0]!),
      measures,
    };
  } finally {
    for (const { dispose } of runs) dispose();
  }
}

/** A question put to one of the two scenes. */
interface Prompted {
  readonly put: PutQuestions;
  dispose(): void;
}

function prompted(
  model: OpenedModel,
  asking: Asking,
  id: string,
  { pixels }: ProcessedImage,
  sample: Sample,
): Prompted {
  const features = new FeatureCache(model.llava, pixels);
  const put = putQuestions(model, asking, original, { id, features }, [sample]);
  return {
    put,
    dispose: () => {
      put.dispose();
      features.dispose();
    },
  };
}

interface Scenery {
  /** The text after the image, token by token. */
  readonly tokens: readonly string[];
  readonly objects: readonly [SceneObject, SceneObject];
  readonly view: ProcessedImage['view'];
}

/** The measures of one question: see `patchMeasures`. */
function patched(
  model: Llava,
  clean: Prompted,
  other: Prompted,
  difference: (logits: Float32Array) => number,
  layers: readonly number[],
  { tokens, objects, view }: Scenery,
): Measurement['measures'] {
  const { before } = clean.put.prompts[0]!;
  const visionTokens = clean.put.visionTokens!.shape[0];
  const grid = gridOf(model, view)!;
  const groups = groupsOf({ before: before.length, visionTokens, after: tokens }, objects, grid);
  const promptOf = ({ put }: Prompted) => ({ ...put.prompts[0]!, visionTokens: put.visionTokens });
  const { logits, states, dispose } = promptStates(model, promptOf(clean));
  const run = (hooks = {}) => difference(nextLogits(model, promptOf(other), hooks));
  try {
    const changed = Object.entries(groups)
      .filter(([, positions]) => positions.length > 0)
      .map(([group, positions]) => [
        group,
        layers.map(layer => {
          const from = { layer, tokens: positions, states: states[layer]!, from: 'the scene' };
          return run(hooksOf([patch(from)], other.put.context));
        }),
      ]);
    const rounded = (value: number) => Number(value.toPrecision(7));
    return {
      clean: rounded(difference(logits)),
      counterfactual: rounded(run()),
      layers: [...layers],
      ...Object.fromEntries(
        (changed as [Group, number[]][]).map(([group, values]) => [group, values.map(rounded)]),
      ),
    };
  } finally {
    dispose();
  }
}

/** First tokens of the answers in the scene and in its counterfactual, as they would follow the prompt. */
function answersOf(
  { tokenizer, imageText }: OpenedModel,
  { template, suffix }: Asking,
  { question }: Sample,
  { original: right, answer }: Counterfactual,
): (number | undefined)[] {
  const text = renderPrompt(template, question, suffix);
  const { after } = encodePrompt(tokenizer, text, imageText);
  return [right, answer].map(word => {
    const whole = encodePrompt(tokenizer, `${text.trimEnd()} ${word}`, imageText).after;
    return whole.find((id, i) => id !== after[i]);
  });
}

function firstTokensDiffer(
  model: OpenedModel,
  asking: Asking,
  sample: Sample,
  counterfactual: Counterfactual,
): boolean {
  const [right, wrong] = answersOf(model, asking, sample, counterfactual);
  return right !== undefined && wrong !== undefined && right !== wrong;
}

/** What each token adds to the text: decoded alone, tokens of words would lose their spaces. */
function piecesOf(ids: readonly number[], decode: (ids: readonly number[]) => string): string[] {
  const texts = ids.map((_, i) => decode(ids.slice(0, i + 1)));
  return texts.map((text, i) => text.slice(texts[i - 1]?.length ?? 0));
}
