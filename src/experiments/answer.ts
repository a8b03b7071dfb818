import { type FeatureCache, hooksOf, type VisionTokens, visionTokensOf } from '../interventions/apply.js';
import type { ImageContext } from '../interventions/types.js';
import type { DecoderProbe } from '../models/architectures/types.js';
import { type Generation, generate } from '../models/decoding/generate.js';
import { prefill } from '../models/decoding/prefill.js';
import type { DecoderHooks, Stretch, TokenInfo } from '../models/decoding/stretch.js';
import type { OpenedModel } from '../models/open-model.js';
import {
  type EncodedPrompt,
  encodePrompt,
  renderPrompt,
  textOnly,
  withoutSystemPrompt,
} from '../models/text/prompt.js';
import { seededRandom } from '../random.js';
import type { InterventionReport } from '../records/prediction.js';
import { timed } from '../timings.js';
import type { Condition } from './condition.js';

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
  /** Whether the checkpoint's generation_config.json is obeyed; else answers are chosen by the bare logits. */
  readonly generationConfig?: true;
}

/** What is to be seen of the decoder at work; a token's `question` is an index of the image's questions. */
export interface DecoderWatch {
  probe(stretch: Stretch): DecoderProbe | undefined;
}

/** A question to put; the id seeds its sampling. */
export interface Question {
  readonly id: string;
  readonly question: string;
}

export interface Answer extends Generation {
  readonly prompt: PutPrompt;
  /** The generated text, without special tokens. */
  readonly output: string;
}

/** The image that questions are about: its features are computed once, whatever is asked. */
export interface ImageInput {
  readonly id: string;
  readonly features: FeatureCache;
  /** The vision tokens of each object, where the image is a drawn scene. */
  readonly objectCells?: ImageContext['objectCells'];
}

/** A prompt as it was put. */
interface PutPrompt extends EncodedPrompt {
  /** The rendered prompt. */
  readonly text: string;
}

/**
 * What is put to the decoder of one image under one condition: made once, read by whoever asks, observes or measures. Dispose of it.
 */
export interface PutQuestions {
  readonly condition: Condition;
  readonly context: ImageContext;
  readonly questions: readonly Question[];
  readonly prompts: readonly PutPrompt[];
  /** [tokens, width]; null where no image is shown. */
  readonly visionTokens: VisionTokens['tokens'] | null;
  /** What the condition's interventions did to the tokens. */
  readonly did: readonly InterventionReport[];
  dispose(): void;
}

/** Renders and encodes the questions on an image and makes its vision tokens, as the condition has it. */
export function putQuestions(
  model: OpenedModel,
  asking: Asking,
  condition: Condition,
  image: ImageInput,
  questions: readonly Question[],
): PutQuestions {
  const context: ImageContext = { id: image.id, seed: asking.seed, objectCells: image.objectCells };
  const template = templateUnder(condition, asking.template);
  const prompts = questions.map(({ question }): PutPrompt => {
    const text = renderPrompt(template, question, asking.suffix);
    return { text, ...encodePrompt(model.tokenizer, text, model.imageText) };
  });
  const { tokens, did } = condition.image
    ? visionTokensOf(image.features, condition.interventions, context)
    : { tokens: null, did: [] };
  return {
    condition,
    context,
    questions,
    prompts,
    visionTokens: tokens,
    did,
    dispose: () => tokens?.dispose(),
  };
}

/** Answers all questions that were put; `observer` sees the decoder at work. */
export function answerQuestions(
  model: OpenedModel,
  asking: Asking,
  put: PutQuestions,
  observer?: DecoderWatch,
): Answer[] {
  return generateAll(model, asking, put, observer).map((generation, i) => ({
    ...generation,
    prompt: put.prompts[i]!,
    output: model.tokenizer.decode(generation.tokenIds, { skipSpecialTokens: true }).trim(),
  }));
}

function templateUnder({ image, systemPrompt = true }: Condition, template: string): string {
  const shown = systemPrompt ? template : withoutSystemPrompt(template);
  return image ? shown : textOnly(shown);
}

/** Prompts that are alike up to the image share its prefill; the others have their own. */
function generateAll(
  model: OpenedModel,
  asking: Asking,
  { condition, context, visionTokens, questions, prompts }: PutQuestions,
  observer: DecoderWatch | undefined,
): Generation[] {
  const generations: Generation[] = new Array(prompts.length);
  let batch: readonly number[] = [];
  const hooks: DecoderHooks = {
    ...hooksOf(condition.interventions, context),
    ...(observer && { probe: stretch => observer.probe(amongAll(stretch, batch)) }),
  };
  for (const members of alikeBefore(prompts)) {
    batch = members;
    const prefix = timed('images in the decoder', () =>
      prefill(model.llava, prompts[members[0]!]!.before, visionTokens, hooks),
    );
    try {
      for (let start = 0; start < members.length; start += BATCH) {
        batch = members.slice(start, start + BATCH);
        const after = batch.map(i => prompts[i]!.after);
        const options = {
          maxNewTokens: asking.maxNewTokens,
          temperature: asking.temperature,
          rules: asking.generationConfig && model.generation.rules(),
          stopIds: model.stopIds,
          randoms: batch.map(i =>
            seededRandom('sampling', asking.seed, condition.name, context.id, questions[i]!.id),
          ),
        };
        const answers = timed('questions and answers', () => generate(model.llava, prefix, after, options));
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

/** A stretch whose tokens name their question by its place among all of the image's, not in the batch. */
function amongAll({ phase, queries, keys }: Stretch, batch: readonly number[]): Stretch {
  const named = (token: TokenInfo): TokenInfo =>
    token.question === null ? token : { ...token, question: batch[token.question]! };
  return { phase, queries: queries.map(named), keys: keys.map(named) };
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
