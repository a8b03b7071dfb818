import type { Intervention } from '../interventions/types.js';

/** One way of asking a benchmark's questions; every question is asked once under each condition. */
export interface Condition {
  /** Unique within a run; stored with every prediction. */
  readonly name: string;
  /** False asks the same questions with no image at all (text-only). */
  readonly image: boolean;
  /** False leaves out the template's text before the image. */
  readonly systemPrompt?: boolean;
  readonly interventions: readonly Intervention[];
}
