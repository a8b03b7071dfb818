import type { Prediction } from '../../records/prediction.js';

/** Answers that another program wrote, as far as its file tells. */
export interface ForeignFile {
  /** Whose format it is. */
  readonly source: 'lmms-eval' | 'the authors';
  /** '' where the file does not say. */
  readonly model: string;
  /** The benchmark by its name here; undefined where neither the file nor its name says. */
  readonly bench: string | undefined;
  /** Whether questions about one image can be told; if not, every question counts as an image of its own. */
  readonly imagesKnown: boolean;
  readonly predictions: readonly Prediction[];
}

/** A foreign line as a prediction. What such files do not tell: the condition, the prompt, the margin. */
export const foreignPrediction = (
  told: Pick<Prediction, 'id' | 'question' | 'targets' | 'output'> &
    Partial<Pick<Prediction, 'image' | 'category' | 'labels' | 'answer' | 'score'>>,
): Prediction => ({
  image: told.id,
  condition: 'as logged',
  category: '',
  labels: {},
  promptHash: '',
  answer: told.output,
  score: Number.NaN,
  margin: Number.NaN,
  ...told,
});

/** POPE's question ids are unique within a split only: `popular:17`. The file's name says which. */
export function popeSplitOf(name: string): string | undefined {
  const [found] = /(adv|pop(?!e)|rand)/.exec(name) ?? [];
  return found && { adv: 'adversarial', pop: 'popular', rand: 'random' }[found];
}
