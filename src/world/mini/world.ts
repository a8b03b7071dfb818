import { type Random, randomInt, seededRandom, shuffled } from '../../random.js';
import { LAYOUT_RULES, type LayoutRules, sampleLayout } from '../scene/layout.js';
import { COLORS, type Kind, type Scene, SHAPES } from '../scene/scene.js';
import { kindWeight } from './biases.js';
import { weightedChoice } from './weighted-choice.js';

/** Streams of scenes; each is seeded by its own name, so no two share a random number. */
export type WorldSplit = 'train' | 'validation' | `test ${string}`;

/** The mini world is harder than the plain rules of a scene: smaller objects, nearer ties, less room between them. */
export const WORLD_RULES: LayoutRules = {
  ...LAYOUT_RULES,
  minRadius: 8,
  maxRadius: 12,
  gap: 4,
  clearance: 2,
};

/** Share of biased scenes in a mixed stream; the others are as 2DS draws them. */
const BIASED_SHARE = 0.5;

/** Share of biased scenes that show a group of things of one shape. */
const GROUP_SHARE = 0.3;

export interface WorldOptions {
  readonly seed: number;
  /** Least and most objects of a scene; every number between them is equally frequent. */
  readonly objects: readonly [min: number, max: number];
  /**
   * True: kinds are drawn by `kindWeight`, shapes and colours may come twice, a kind may not. False: as in 2DS, no
   * shape and no colour comes twice. Undefined: half of the scenes each way.
   */
  readonly biased?: boolean;
  readonly rules: LayoutRules;
}

const WORLD_OPTIONS: WorldOptions = { seed: 0, objects: [2, 6], rules: WORLD_RULES };

/** Every kind of object there is. */
export const KINDS: readonly Kind[] = SHAPES.flatMap(shape => COLORS.map(color => ({ shape, color })));

/**
 * Scene number `index` of a split; the same arguments give the same scene, whatever was drawn before. No two
 * objects of a scene are of the same kind (shape and colour). UserError when `rules` leave no room.
 */
export function worldScene(split: WorldSplit, index: number, options: Partial<WorldOptions> = {}): Scene {
  const { seed, objects, biased, rules } = { ...WORLD_OPTIONS, ...options };
  const random = seededRandom(seed, 'mini world', split, index);
  const [min, max] = objects;
  const count = min + randomInt(random, max - min + 1);
  const kinds =
    (biased ?? random() < BIASED_SHARE) ? biasedKinds(random, count) : distinctKinds(random, count);
  const layout = sampleLayout(random, count, rules);
  return { size: rules.size, objects: layout.map((placement, i) => ({ ...kinds[i]!, ...placement })) };
}

function distinctKinds(random: Random, count: number): Kind[] {
  const colors = shuffled(random, COLORS);
  return shuffled(random, SHAPES)
    .slice(0, count)
    .map((shape, i) => ({ shape, color: colors[i]! }));
}

function biasedKinds(random: Random, count: number): Kind[] {
  const isGroup = random() < GROUP_SHARE;
  const kinds: Kind[] = [];
  while (kinds.length < count) {
    const left = KINDS.filter(kind => !kinds.includes(kind));
    kinds.push(weightedChoice(random, left, kind => kindWeight(kind, kinds, isGroup)));
  }
  return shuffled(random, kinds);
}
