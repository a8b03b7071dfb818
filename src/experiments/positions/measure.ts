import type { Sample, SampleImage } from '../../benchmarks/types.js';
import { FeatureCache, visionTokensOf } from '../../interventions/apply.js';
import type { OpenedModel } from '../../models/open-model.js';
import { encodePrompt, renderPrompt } from '../../models/text/prompt.js';
import { type Balance, observeBalance } from '../../observers/balance.js';
import { diagnosePrompt, type PromptDiagnostics } from '../../observers/prompt-diagnostics.js';
import { type PromptLayout, promptLayout } from '../../observers/token-kinds.js';
import type { Measurement } from '../../records/prediction.js';
import { type Answer, type Asking, answerQuestions } from '../answer.js';
import type { Condition } from '../condition.js';
import { promptHash } from '../evaluate.js';
import { processOrSkip } from '../process-or-skip.js';
import { ORIGINAL } from '../scores.js';
import type { MeasuredUnit, MeasuringJob } from '../types.js';

/** Its own settings. */
export interface PositionsOptions {
  /** Steps of position by which the vision keys are turned. */
  readonly delta: number;
  readonly questions: 'first' | 'all';
}

const original: Condition = { name: ORIGINAL, image: true, interventions: [] };

/** One unit an image: a record for each question asked. What a record's measures are: see `measuresOf`. */
export async function* measurePositions(
  { model, images, asking, isDone }: MeasuringJob,
  options: PositionsOptions,
): AsyncGenerator<MeasuredUnit> {
  for (const image of images) {
    if (isDone(image.id, ORIGINAL)) {
      yield { measurements: [], images: 1 };
      continue;
    }
    const processed = await processOrSkip(image, model);
    if ('skipped' in processed) {
      yield { measurements: [], images: 1, ...processed };
      continue;
    }
    const features = new FeatureCache(model.llava, processed.pixels);
    try {
      yield { measurements: measureImage(model, asking, image, features, options), images: 1 };
    } finally {
      features.dispose();
    }
  }
}

function measureImage(
  model: OpenedModel,
  asking: Asking,
  image: SampleImage,
  features: FeatureCache,
  { delta, questions }: PositionsOptions,
): Measurement[] {
  const samples = questions === 'all' ? image.samples : image.samples.slice(0, 1);
  const { llava, tokenizer, imageText } = model;
  const layouts = samples.map(({ question }) => {
    const text = renderPrompt(asking.template, question, asking.suffix);
    return promptLayout(tokenizer, asking.template, encodePrompt(tokenizer, text, imageText));
  });
  const { probe, balance } = observeBalance(llava.config.text, question => layouts[question]!);
  const context = { id: image.id, features };
  const answers = answerQuestions(model, asking, original, context, samples, { probe });
  const visionTokens = visionTokensOf(features, [], { id: image.id, seed: asking.seed });
  try {
    return samples.map((sample, i) => {
      const layout = layouts[i]!;
      const answer = answers[i]!;
      const found = diagnosePrompt(llava, answer.prompt, visionTokens, { layout, delta });
      return recordOf(image, sample, answer, measuresOf(found, balance(i), answer, layout));
    });
  } finally {
    visionTokens.dispose();
  }
}

const recordOf = (
  image: SampleImage,
  { id, category, labels, question }: Sample,
  { prompt }: Answer,
  measures: Measurement['measures'],
): Measurement => ({
  id,
  image: image.id,
  condition: ORIGINAL,
  category,
  labels,
  question,
  promptHash: promptHash(prompt),
  measures,
});

/**
 * A record's measures, as flat lists: `visionShare`, `systemShare`, `alpha`, `deltaAlpha`, `deltaG` [layers · heads], layer
 * by layer; the eight of `QueriesKeys` [layers]; `hidden…` [layers + 1], the input embeddings first (kinds of token that the
 * prompt has none of are missing); `systemShareBySteps` [generated tokens]. Seven digits, as float32 has.
 */
function measuresOf(
  { rope, queriesKeys, hidden }: PromptDiagnostics,
  balance: Balance,
  { prompt, tokenIds }: Answer,
  { systemEnd }: PromptLayout,
): Measurement['measures'] {
  const [roles, users] = [prompt.before.length - systemEnd, prompt.after.length];
  const userText = hidden.map(({ role = 0, user = 0 }) => (role * roles + user * users) / (roles + users));
  const of = (kind: 'bos' | 'system' | 'vision') => hidden.flatMap(norms => norms[kind] ?? []);
  const lists = {
    ...balance,
    alpha: rope.flatMap(r => r.alpha),
    deltaAlpha: rope.flatMap(r => r.deltaAlpha),
    deltaG: rope.flatMap(r => r.deltaG),
    ...byLayer(queriesKeys),
    hiddenBos: of('bos'),
    hiddenSystem: of('system'),
    hiddenUserText: userText,
    hiddenVision: of('vision'),
  };
  const stored = Object.entries(lists)
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => [name, values.map(value => Number(value.toPrecision(7)))]);
  return { answerTokens: tokenIds.length, ...Object.fromEntries(stored) };
}

/** A list of objects as an object of lists. */
function byLayer(layers: PromptDiagnostics['queriesKeys']): Record<string, number[]> {
  const names = Object.keys(layers[0]!) as (keyof (typeof layers)[number])[];
  return Object.fromEntries(names.map(name => [name, layers.map(layer => layer[name])]));
}
