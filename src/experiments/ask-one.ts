import { FeatureCache } from '../interventions/apply.js';
import { processImage } from '../models/images/processor.js';
import type { OpenedModel } from '../models/open-model.js';
import { answerQuestions, putQuestions } from './answer.js';
import { original, permuted, textOnly } from './condition.js';

export interface OneQuestion {
  readonly question: string;
  /** Encoded image file; null puts the question alone. */
  readonly image: Uint8Array | null;
  readonly permute: boolean;
  readonly template?: string | undefined;
  readonly suffix?: string | undefined;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly seed: number;
}

/** One answer, with the prompt as it was put. */
export interface OneAnswer {
  readonly answer: string;
  readonly prompt: string;
  /** One image token stands for all vision tokens. */
  readonly promptTokenIds: readonly number[];
  readonly tokenIds: readonly number[];
}

/** Puts one question, about one image or none; `permute` shuffles the vision tokens. */
export async function askOne(model: OpenedModel, asked: OneQuestion): Promise<OneAnswer> {
  const { pixels } = asked.image ? await processImage(asked.image, model.processor) : { pixels: null };
  const features = new FeatureCache(model.llava, pixels);
  try {
    const asking = {
      ...asked,
      template: model.template(asked.template),
      suffix: asked.suffix ?? model.suffix ?? '',
    };
    const condition = asked.image === null ? textOnly : asked.permute ? permuted() : original;
    const put = putQuestions(model, asking, condition, { id: 'ask', features }, [
      { id: '', question: asked.question },
    ]);
    const [answer] = answerQuestions(model, asking, put);
    put.dispose();
    const { prompt, output, tokenIds } = answer!;
    return {
      answer: output,
      prompt: prompt.text,
      promptTokenIds: [
        ...prompt.before,
        ...(asked.image ? [model.llava.config.imageTokenId] : []),
        ...prompt.after,
      ],
      tokenIds,
    };
  } finally {
    features.dispose();
  }
}
