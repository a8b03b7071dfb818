import type { Random } from '../../random.js';
import type { Scene } from '../scene/scene.js';
import type { WorldQuestion } from './form.js';
import { type QuestionKind, questionForms } from './questions.js';
import { weightedChoice } from './weighted-choice.js';

/** A question of the training mix. */
export interface KindedQuestion extends WorldQuestion {
  readonly kind: QuestionKind;
}

type Weights = Readonly<Partial<Record<QuestionKind, number>>>;

const LIST: Weights = { 'list.color': 1, 'list.shape': 1, 'list.shape_color': 1 };
const LOOK_UP: Weights = { 'look-up.color': 1, 'look-up.shape': 1 };
const WHERE: Weights = { where: 1 };
const FURTHER: Weights = { further: 1 };

/** What the benchmarks ask, 2DS's own forms most often: they are learned last. */
const BENCHMARKS: Weights = {
  'color.abs': 3,
  'shape.abs': 3,
  'shape_color.abs': 3,
  'color.rel.open': 3,
  'shape.rel.open': 3,
  'shape_color.rel.open': 3,
  'color.rel.yes-no': 4,
  'shape.rel.yes-no': 4,
  'shape_color.rel.yes-no': 4,
  describe: 1,
  presence: 3,
  'count.all': 1,
  'count.kind': 2,
  'gqa.exist': 0.7,
  'gqa.verify.color': 0.7,
  'gqa.verify.position': 0.7,
  'gqa.verify.relation': 1.4,
  'gqa.verify.global': 0.2,
  'gqa.or': 0.7,
  'gqa.and': 0.7,
  'gqa.same': 0.7,
  'gqa.choose.color': 0.5,
  'gqa.choose.position': 0.7,
  'gqa.choose.relation': 1.4,
  'gqa.choose.global': 0.2,
  'gqa.query.color': 0.5,
  'gqa.query.position': 0.7,
  'gqa.query.related': 1,
  'gqa.query.category': 0.5,
  'vqa.what': 1,
  'vqa.biggest': 1,
  'vqa.count': 0.7,
  'vqa.is': 0.4,
  'vqa.is-there': 0.4,
  'vqa.more': 0.7,
  'cvbench.count': 1.5,
  'cvbench.relation': 2,
};

/**
 * What each of an image's questions is drawn from, in turn. Two lists of all objects and two look-ups an image
 * teach which object lies where; the other forms are then learned fast.
 */
const MIX: readonly Weights[] = [
  LIST,
  LOOK_UP,
  WHERE,
  BENCHMARKS,
  BENCHMARKS,
  FURTHER,
  LIST,
  LOOK_UP,
  BENCHMARKS,
  BENCHMARKS,
  BENCHMARKS,
  BENCHMARKS,
];

/** Which of two objects lies where, in forms that answer with one word or letter: what is learned last of all. */
const RELATIONS: Weights = {
  'color.rel.yes-no': 3,
  'shape.rel.yes-no': 3,
  'shape_color.rel.yes-no': 3,
  'gqa.verify.relation': 2,
  'gqa.choose.relation': 2,
  'gqa.verify.position': 1,
  'vqa.more': 1,
  'gqa.same': 1,
  'cvbench.count': 3,
  'cvbench.relation': 4,
};

const RELATION_MIX: readonly Weights[] = [
  LIST,
  RELATIONS,
  RELATIONS,
  BENCHMARKS,
  RELATIONS,
  RELATIONS,
  BENCHMARKS,
  WHERE,
  RELATIONS,
  RELATIONS,
  BENCHMARKS,
  FURTHER,
];

/** Mixes of questions for training: everything, or mostly relations. */
const MIXES = { all: MIX, relations: RELATION_MIX } as const;
export type Mix = keyof typeof MIXES;

const KINDS = Object.keys(questionForms) as QuestionKind[];

/** A form may not fit the scene, or ask what was asked already; then another one is drawn, this many times at most. */
const MAX_DRAWS = 30;

/** `count` questions for training on a scene, no two alike: twelve make one round of the mix. */
export function instruct(scene: Scene, random: Random, count: number, mix: Mix = 'all'): KindedQuestion[] {
  const asked: KindedQuestion[] = [];
  for (let i = 0; i < count; i++) {
    const weights = MIXES[mix][i % MIXES[mix].length]!;
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      // A scene may allow no form of this turn at all (no shape that comes once, say): then any benchmark's.
      const from = draw < MAX_DRAWS / 2 ? weights : BENCHMARKS;
      const kind = weightedChoice(random, KINDS, candidate => from[candidate] ?? 0);
      const asks = questionForms[kind](scene, random);
      if (asks === null || asked.some(({ question }) => question === asks.question)) continue;
      asked.push({ question: asks.question, answer: asks.answer, kind });
      break;
    }
  }
  if (asked.length < count)
    throw new RangeError(`instruct: the scene has only ${asked.length} questions, asked for ${count}`);
  return asked;
}
