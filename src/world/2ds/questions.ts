import { type Random, seededRandom, shuffled } from '../../random.js';
import {
  ATTRIBUTES,
  type Attribute,
  absoluteQuestion,
  attributeOf,
  extreme,
  holds,
  onlyOne,
  openQuestion,
  RELATIONS,
  type Relation,
  SIDES,
  type Side,
  yesNoQuestion,
} from '../scene/relations.js';
import type { SceneObject } from '../scene/scene.js';
import { balancedChooser } from './balance.js';
import type { TwoDsOptions } from './options.js';

/** One question as the benchmark's file stores it. */
export interface QaPair {
  readonly question: string;
  readonly answer: string;
  readonly qa_category: string;
}

/** A question that an image allows, before it is chosen. */
interface Candidate {
  readonly direction: Side | Relation;
  readonly question: string;
  readonly answer: string;
  /** What is kept even over the images: see `balancedChooser`. */
  readonly keys: readonly string[];
}

/** Which relative question an image gets. */
type RelativePlan = 'open' | 'yes' | 'no';

type Scenery = readonly SceneObject[];

/**
 * Asks of images with one fixed set of objects, one after the other: for every attribute one absolute and one
 * relative question. Relative questions are open or yes/no by plan, with exactly as many yes as no; sides,
 * relations, named objects and answers are kept even as far as each image's layout allows. The absolute
 * questions of one image ask for three different sides, its relative ones for three different relations.
 */
export function createQuestioner(
  options: TwoDsOptions,
  objectCount: number,
): (objects: Scenery, image: number) => QaPair[] {
  const margin = options.gap;
  const askers = ATTRIBUTES.map(attribute => {
    const random = seededRandom(options.seed, '2ds questions', objectCount, attribute);
    const plan = planRelative(random, options, objectCount);
    const chooser = () => balancedChooser<Candidate>(random, candidate => candidate.keys);
    const choose = { absolute: chooser(), open: chooser(), yesNo: chooser() };
    return (objects: Scenery, image: number, asked: Set<string>): QaPair[] => {
      const fresh = (candidates: readonly Candidate[]) => withoutAsked(candidates, asked);
      const form = plan[image]!;
      const absolute = choose.absolute(fresh(absoluteCandidates(objects, attribute, margin)));
      const relative =
        form === 'open'
          ? choose.open(fresh(openCandidates(objects, attribute, margin)))
          : choose.yesNo(fresh(yesNoCandidates(objects, attribute, margin, form)));
      asked.add(absolute.direction).add(relative.direction);
      return [
        { question: absolute.question, answer: absolute.answer, qa_category: `${attribute}.abs` },
        { question: relative.question, answer: relative.answer, qa_category: `${attribute}.rel` },
      ];
    };
  });
  return (objects, image) => {
    const asked = new Set<string>();
    const pairs: QaPair[][] = [];
    for (let i = 0; i < askers.length; i++) {
      const turn = (image + i) % askers.length; // who asks last has the least choice: take turns
      pairs[turn] = askers[turn]!(objects, image, asked);
    }
    return pairs.flat();
  };
}

/**
 * `imagesPerCount` plans in random order. Yes and no alternate over all numbers of objects, so that they
 * differ by one at most.
 */
function planRelative(random: Random, options: TwoDsOptions, objectCount: number): RelativePlan[] {
  const { imagesPerCount, openShare, counts } = options;
  const open = Math.round(openShare * imagesPerCount);
  const before = counts.indexOf(objectCount) * (imagesPerCount - open);
  const plan = Array.from({ length: imagesPerCount }, (_, i): RelativePlan => {
    if (i < open) return 'open';
    return (before + i - open) % 2 === 0 ? 'yes' : 'no';
  });
  return shuffled(random, plan);
}

/**
 * Everything that 2DS can ask of a scene, with the answers.
 * @param margin how clearly, in pixels, a relation must hold to be asked about
 */
export function everyAnswer(objects: Scenery, margin: number): Map<string, string> {
  const candidates = ATTRIBUTES.flatMap(attribute => [
    ...absoluteCandidates(objects, attribute, margin),
    ...openCandidates(objects, attribute, margin),
    ...(['yes', 'no'] as const).flatMap(answer => yesNoCandidates(objects, attribute, margin, answer)),
  ]);
  return new Map(candidates.map(({ question, answer }) => [question, answer]));
}

const withoutAsked = (candidates: readonly Candidate[], asked: ReadonlySet<string>) =>
  candidates.filter(({ direction }) => !asked.has(direction));

function absoluteCandidates(objects: Scenery, attribute: Attribute, margin: number): Candidate[] {
  return SIDES.flatMap(side => {
    const target = extreme(objects, side, margin);
    if (!target) return [];
    const answer = attributeOf(target, attribute);
    const question = absoluteQuestion(attribute, side);
    return [{ direction: side, question, answer, keys: [side, answer, `${side} ${answer}`] }];
  });
}

function openCandidates(objects: Scenery, attribute: Attribute, margin: number): Candidate[] {
  return RELATIONS.flatMap(relation =>
    objects.flatMap(anchor => {
      const target = onlyOne(objects, relation, anchor, margin);
      if (!target) return [];
      const answer = attributeOf(target, attribute);
      const question = openQuestion(attribute, relation, anchor);
      const keys = [relation, answer, `of ${anchor.shape}`, question, `${question} ${answer}`];
      return [{ direction: relation, question, answer, keys }];
    }),
  );
}

function yesNoCandidates(
  objects: Scenery,
  attribute: Attribute,
  margin: number,
  answer: 'yes' | 'no',
): Candidate[] {
  const isCandidate = (a: SceneObject, relation: Relation, b: SceneObject) =>
    answer === 'yes' ? holds(relation, a, b, margin) : holds(relation, b, a, margin);
  const pairs = objects.flatMap(a => objects.map(b => [a, b] as const));
  return RELATIONS.flatMap(relation =>
    pairs
      .filter(([a, b]) => isCandidate(a, relation, b))
      .map(([a, b]) => {
        const question = yesNoQuestion(attribute, a, relation, b);
        const keys = [relation, a.shape, `of ${b.shape}`, `${a.shape} ${relation}`, question];
        return { direction: relation, question, answer, keys: keys.map(key => `${answer} ${key}`) };
      }),
  );
}
