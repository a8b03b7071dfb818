import { type Random, randomInt, seededRandom } from '../random.js';
import { captions } from '../world/mini/captions.js';
import { instruct, type Mix } from '../world/mini/instruct.js';
import type { Scene } from '../world/scene/scene.js';
import { type Exchange, type Packed, pack } from './packing.js';
import { BOS, EOS, idOf, wordIds } from './word-tokenizer.js';

/** Which texts a stage trains on. */
type TextKind = 'captions' | 'questions';

export interface BatchOptions {
  readonly kind: TextKind;
  /** Rounds over the same scenes differ in what is drawn; the first is 1. */
  readonly round?: number;
  /** What is asked for `questions`. */
  readonly mix?: Mix;
  readonly seed: number;
  readonly imagesPerStep: number;
  readonly exchangesPerImage: number;
  readonly rows: number;
  readonly rowTokens: number;
}

/** Images of a step by number, and their exchanges. */
export interface DrawnBatch {
  readonly indices: readonly number[];
  readonly packed: readonly Packed[];
}

/** Ids before the image: `<s>USER: `. */
export const BEFORE_IMAGE: readonly number[] = [BOS, idOf('USER:')];

/** Ids of what follows the image, `\\n{question} ASSISTANT:`; the line break is white space, no token. */
export const askedIds = (question: string): number[] => [...wordIds(question), idOf('ASSISTANT:')];

/** The batch of a step among scenes of at most `maxObjects` objects; the same arguments give the same batch. */
export function drawBatch(
  scenes: readonly Scene[],
  step: number,
  maxObjects: number,
  options: BatchOptions,
): DrawnBatch {
  const { kind, seed, round = 1 } = options;
  const random = seededRandom('batch', kind, seed, step, ...(round > 1 ? [round] : []));
  const indices = Array.from({ length: options.imagesPerStep }, () => {
    for (;;) {
      const index = randomInt(random, scenes.length);
      if (scenes[index]!.objects.length <= maxObjects) return index;
    }
  });
  return {
    indices,
    packed: indices.map(index =>
      pack(exchangesOf(scenes[index]!, random, options), options.rows, options.rowTokens),
    ),
  };
}

function exchangesOf(
  scene: Scene,
  random: Random,
  { kind, exchangesPerImage, mix }: BatchOptions,
): Exchange[] {
  const texts =
    kind === 'captions'
      ? captions(scene, random, exchangesPerImage).map(caption => ({ question: '', answer: caption }))
      : instruct(scene, random, exchangesPerImage, mix);
  return texts.map(({ question, answer }) => ({
    asked: askedIds(question),
    answered: [...wordIds(answer), EOS],
  }));
}
