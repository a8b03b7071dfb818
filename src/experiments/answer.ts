import { type FeatureCache, hooksOf, visionTokensOf } from '../interventions/apply.js';
import type { ImageContext } from '../interventions/types.js';
import { type Generation, generate } from '../models/generate.js';
import type { OpenedModel } from '../models/open-model.js';
import { prefill } from '../models/prefix.js';
import { type EncodedPrompt, encodePrompt, renderPrompt, textOnly } from '../models/prompt.js';
import { seededRandom } from '../random.js';
import type { Condition } from './types.js';

/** Questions answered side by side; fixed, so that a batch's make-up never depends on how a run was divided. */
const BATCH = 32;

/** How questions are put and answers generated. */
export interface Asking {
  /** A text with `<image>` and `{question}`. */
  readonly template: string;
  readonly suffix: string;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly seed: number;
}

/** A question to put; the id seeds its sampling. */
export interface Question {
  readonly id: string;
  readonly question: string;
}

export interface Answer extends Generation {
  /** The rendered prompt. */
  readonly text: string;
  readonly prompt: EncodedPrompt;
  /** The generated text, without special tokens. */
  readonly output: string;
}

/** The image that questions are about: its features are computed once, whatever is asked. */
export interface ImageInput {
  readonly id: string;
  readonly features: FeatureCache;
}

/** Puts all questions about one image under one condition. */
export function answerQuestions(
  model: OpenedModel,
  asking: Asking,
  condition: Condition,
  image: ImageInput,
  questions: readonly Question[],
): Answer[] {
  const context: ImageContext = { id: image.id, seed: asking.seed };
  const visionTokens = condition.image
    ? visionTokensOf(image.features, condition.interventions, context)
    : null;
  try {
    const template = condition.image ? asking.template : textOnly(asking.template);
    const texts = questions.map(({ question }) => renderPrompt(template, question, asking.suffix));
    const prompts = texts.map(text => encodePrompt(model.tokenizer, text, model.imageText));
    const generations = generateAll(model, asking, condition, context, visionTokens, questions, prompts);
    return generations.map((generation, i) => ({
      ...generation,
      text: texts[i]!,
      prompt: prompts[i]!,
      output: model.tokenizer.decode(generation.tokenIds, { skipSpecialTokens: true }).trim(),
    }));
  } finally {
    visionTokens?.dispose();
  }
}

/** Prompts that are alike up to the image share its prefill; the others have their own. */
function generateAll(
  model: OpenedModel,
  asking: Asking,
  condition: Condition,
  context: ImageContext,
  visionTokens: ReturnType<typeof visionTokensOf> | null,
  questions: readonly Question[],
  prompts: readonly EncodedPrompt[],
): Generation[] {
  const generations: Generation[] = new Array(prompts.length);
  const hooks = hooksOf(condition.interventions, context);
  for (const members of alikeBefore(prompts)) {
    const prefix = prefill(model.llava, prompts[members[0]!]!.before, visionTokens, hooks);
    try {
      for (let start = 0; start < members.length; start += BATCH) {
        const batch = members.slice(start, start + BATCH);
        const answers = generate(
          model.llava,
          prefix,
          batch.map(i => prompts[i]!.after),
          {
            maxNewTokens: asking.maxNewTokens,
            temperature: asking.temperature,
            stopIds: model.stopIds,
            randoms: batch.map(i =>
              seededRandom('sampling', asking.seed, condition.name, context.id, questions[i]!.id),
            ),
          },
        );
        batch.forEach((member, i) => {
          generations[member] = answers[i]!;
        });
      }
    } finally {
      prefix.dispose();
    }
  }
  return generations;
}

/** Indices of prompts, grouped by their token ids before the image. */
function alikeBefore(prompts: readonly EncodedPrompt[]): number[][] {
  const groups = new Map<string, number[]>();
  prompts.forEach(({ before }, i) => {
    const key = before.join();
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  });
  return [...groups.values()];
}
