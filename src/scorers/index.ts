import { choice, option } from './choice.js';
import { contains } from './contains.js';
import { exact } from './exact.js';
import { shortAnswer } from './short-answer.js';
import type { Scorer } from './types.js';
import { vqa } from './vqa.js';
import { yesNo } from './yes-no.js';

/** The rules that grade an output, as `--scorer` names them. */
export const scorers = {
  exact,
  vqa,
  yesno: yesNo,
  choice,
  option,
  contains,
  short: shortAnswer,
} as const satisfies Record<string, Scorer>;

export type ScorerName = keyof typeof scorers;
