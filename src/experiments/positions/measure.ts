import type { Sample, SampleImage } from '../../benchmarks/types.js';
import { UsageError } from '../../errors.js';
import { FeatureCache } from '../../interventions/apply.js';
import type { OpenedModel } from '../../models/open-model.js';
import { withoutSystemPrompt } from '../../models/text/prompt.js';
import { type Balance, observeBalance } from '../../observers/balance.js';
import type { NumbersByKind } from '../../observers/hidden-norms.js';
import { diagnosePrompt, type PromptDiagnostics } from '../../observers/prompt-diagnostics.js';
import { type PromptLayout, promptLayout } from '../../observers/token-kinds.js';
import type { Measurement } from '../../records/prediction.js';
import { type Answer, type Asking, answerQuestions, putQuestions } from '../answer.js';
import { type Condition, noSystemPrompt, original } from '../condition.js';
import { promptHash } from '../evaluate.js';
import { processOrSkip } from '../process-or-skip.js';
import type { MeasuredUnit, MeasuringJob } from '../types.js';

/** Its own settings. */
export interface PositionsOptions {
  /** Steps of position by which the vision keys are turned. */
  readonly delta: number;
  readonly questions: 'first' | 'all';
  /** Whether prompts are also put without their system prompt. */
  readonly stripSystemPrompt: boolean;
}

/**
 * One unit an image and condition: a record for each question asked. What its measures are: see `positionMeasures`. UsageError where a
 * system prompt is to be left out of a template that has none.
 */
export async function* measurePositions(
  { model, images, asking, isDone }: MeasuringJob,
  options: PositionsOptions,
): AsyncGenerator<MeasuredUnit> {
  if (options.stripSystemPrompt && withoutSystemPrompt(asking.template) === asking.template) {
    throw new UsageError(
      '--strip-system-prompt: the template has no system prompt; leave it out, or give one that has, --template vicuna_v1',
    );
  }
  const conditions = [original, ...(options.stripSystemPrompt ? [noSystemPrompt] : [])];
  for (const image of images) {
    const missing = conditions.filter(({ name }) => !isDone(image.id, name));
    const processed = missing.length > 0 ? await processOrSkip(image, model) : null;
    if (!processed || 'skipped' in processed) {
      yield { measurements: [], images: 1, ...processed };
      continue;
    }
    const features = new FeatureCache(model.llava, processed.pixels);
    try {
      for (const condition of missing) {
        const measurements = measureImage(model, asking, image, features, condition, options);
        yield { measurements, images: condition === missing.at(-1) ? 1 : 0 };
      }
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
  condition: Condition,
  { delta, questions }: PositionsOptions,
): Measurement[] {
  const samples = questions === 'all' ? image.samples : image.samples.slice(0, 1);
  const { llava, tokenizer } = model;
  const template = condition.systemPrompt === false ? withoutSystemPrompt(asking.template) : asking.template;
  const put = putQuestions(model, asking, condition, { id: image.id, features }, samples);
  try {
    const layouts = put.prompts.map(prompt => promptLayout(tokenizer, template, prompt));
    const { probe, balance } = observeBalance(llava.config.text, question => layouts[question]!);
    const answers = answerQuestions(model, asking, put, { probe });
    const visionTokens = put.visionTokens!.shape[0];
    return samples.map((sample, i) => {
      const [layout, answer] = [layouts[i]!, answers[i]!];
      const found = diagnosePrompt(llava, answer.prompt, put.visionTokens!, { layout, delta });
      const measures = measuresOf(found, balance(i), answer, layout, { visionTokens, delta });
      return recordOf(image, condition, sample, answer, measures);
    });
  } finally {
    put.dispose();
  }
}

const recordOf = (
  image: SampleImage,
  condition: Condition,
  { id, category, labels, question }: Sample,
  { prompt }: Answer,
  measures: Measurement['measures'],
): Measurement => ({
  id,
  image: image.id,
  condition: condition.name,
  category,
  labels,
  question,
  promptHash: promptHash(prompt),
  measures,
});

/** A record's measures, see `positionMeasures`. Seven digits, as float32 has. */
function measuresOf(
  { rope, queriesKeys, hidden, turn, phase, sinks }: PromptDiagnostics,
  balance: Balance,
  { prompt, tokenIds }: Answer,
  { systemEnd }: PromptLayout,
  { visionTokens, delta }: { readonly visionTokens: number; readonly delta: number },
): Measurement['measures'] {
  const [roles, users] = [prompt.before.length - systemEnd, prompt.after.length];
  const userText = (all: readonly NumbersByKind[]) =>
    all.map(({ role = 0, user = 0 }) => (role * roles + user * users) / (roles + users));
  const of = (kind: 'bos' | 'system' | 'vision', all = hidden) => all.flatMap(numbers => numbers[kind] ?? []);
  const turned = phase.map(step => step.turned);
  const output = phase.map(step => step.outputOverResidual);
  const lists = {
    ...balance,
    alpha: rope.flatMap(r => r.alpha),
    deltaAlpha: rope.flatMap(r => r.deltaAlpha),
    deltaG: rope.flatMap(r => r.deltaG),
    ...byLayer(queriesKeys),
    hiddenBos: of('bos'),
    hiddenSystem: of('system'),
    hiddenUserText: userText(hidden),
    hiddenVision: of('vision'),
    turnUserText: userText(turn),
    turnVision: of('vision', turn),
    phaseUserText: userText(turned),
    phaseVision: of('vision', turned),
    outputUserText: userText(output),
    outputVision: of('vision', output),
    sinkShare: sinks.map(({ places }) => places.length / visionTokens),
    sinkMass: sinks.map(({ mass }) => mass),
    sinkPlaces: sinks[0]!.places,
  };
  const stored = Object.entries(lists)
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => [name, values.map(value => Number(value.toPrecision(7)))]);
  return { answerTokens: tokenIds.length, delta, visionTokens, ...Object.fromEntries(stored) };
}

/** A list of objects as an object of lists. */
function byLayer(layers: PromptDiagnostics['queriesKeys']): Record<string, number[]> {
  const names = Object.keys(layers[0]!) as (keyof (typeof layers)[number])[];
  return Object.fromEntries(names.map(name => [name, layers.map(layer => layer[name])]));
}
