import * as tf from '@tensorflow/tfjs-core';
import { takeRows } from '../engine/ops.js';
import { UserError } from '../errors.js';
import type { Llava } from '../models/llava.js';
import { type Random, randomChoice } from '../random.js';
import { type ClassesByTarget, type LinearProbes, type ProbeSums, probeSums } from './linear-probe.js';
import { seeVisionTokens } from './vision-stages.js';

/** Rows of a stage and their classes. */
export interface Labelled {
  /** Indices of tokens. */
  readonly places: readonly number[];
  readonly classes: ClassesByTarget;
}

/** Targets that are told of the same tokens: the number of classes of each on a grid of side × side tokens. */
export type TargetGroup = (side: number) => Readonly<Record<string, number>>;

/** An image on its way through the model. */
export interface Shown {
  /** Ids of the text before the image. */
  readonly before: readonly number[];
  /** [patches, feature width] */
  readonly features: tf.Tensor2D;
  /** [tokens, text width], as they enter the decoder. */
  readonly visionTokens: tf.Tensor2D;
  /** The labelled tokens of each group, on a grid of side × side tokens. */
  readonly labels: readonly ((side: number) => Labelled)[];
}

/**
 * For each target a count for every stage: rows that its probe got right, that its control got right (the same probe, fitted to the
 * classes of other images' tokens), that its guess got right, and rows asked.
 */
type StageCounts = Readonly<Record<string, readonly number[]>>;

/** Linear probes at every stage of the vision tokens' way. */
export interface StageProbes {
  fitTo(image: Shown): void;
  /** Ends the fitting; RangeError where a stage saw nothing. */
  fit(): void;
  test(image: Shown): StageCounts;
  dispose(): void;
}

/** One stage: its probes while they are fitted, and after. */
interface Stage {
  readonly sums: readonly ProbeSums[];
  readonly probes: LinearProbes[];
}

/**
 * Probes of the vision features (where `features`), of the vision tokens, and of every decoder layer's output at their
 * positions, one for each target of each group, and beside each a control, fitted to classes that have nothing to do with their rows: what
 * a probe reads beyond it is there to be read (selectivity; after Hewitt & Liang 2019). Held are one width × width matrix a stage and group, whatever the number
 * of images. UserError where the tokens are no square grid of at least 2 × 2.
 */
export function stageProbes(
  model: Llava,
  groups: readonly TargetGroup[],
  { features, random }: { readonly features: boolean; readonly random: Random },
): StageProbes {
  const stages: Stage[] = [];
  /** By group and grid, the classes that controls draw from: the image's before. */
  const drawnFrom = new Map<string, ClassesByTarget>();
  const stageAt = (index: number, side: number): Stage => {
    stages[index] ??= { sums: groups.map(group => probeSums(withControls(group(side)))), probes: [] };
    return stages[index];
  };

  /** Shows an image stage by stage. */
  function pass(
    { before, features: patches, visionTokens, labels }: Shown,
    see: (stage: Stage, x: tf.Tensor2D, labelled: readonly Labelled[]) => void,
  ): void {
    const seeStage = (index: number, x: tf.Tensor2D) => {
      const side = sideOf(x.shape[0]);
      see(
        stageAt(index, side),
        x,
        labels.map(of => of(side)),
      );
    };
    if (features) seeStage(0, patches);
    const first = features ? 1 : 0;
    seeVisionTokens(model, before, visionTokens, (layer, x) => seeStage(first + layer, x));
  }

  function fitTo(image: Shown): void {
    // The same at every stage of one grid, so that stages are told apart by what they hold alone.
    const controls = new Map<string, ClassesByTarget>();
    pass(image, ({ sums }, x, labelled) =>
      labelled.forEach(({ places, classes }, group) => {
        if (places.length === 0) return;
        const key = `${group} ${x.shape[0]}`;
        const control = controls.get(key) ?? drawn(classes, drawnFrom.get(key) ?? classes, random);
        controls.set(key, control);
        drawnFrom.set(key, classes);
        withRows(x, places, rows => sums[group]!.add(rows, { ...classes, ...control }));
      }),
    );
  }

  function test(image: Shown): StageCounts {
    const counts: Record<string, number[]> = {};
    const count = (name: string, value: number) => {
      counts[name] ??= [];
      counts[name].push(value);
    };
    pass(image, ({ probes }, x, labelled) =>
      labelled.forEach(({ places, classes }, group) => {
        const { classify, guesses } = probes[group]!;
        const found = withRows(x, places, classify);
        for (const [target, expected] of Object.entries(classes)) {
          count(`${target}Right`, expected.filter((k, i) => found![target]![i] === k).length);
          count(`${target}Control`, expected.filter((k, i) => found![controlOf(target)]![i] === k).length);
          count(`${target}Guessed`, expected.filter(k => guesses[target] === k).length);
          count(`${target}Asked`, expected.length);
        }
      }),
    );
    return counts;
  }

  return {
    fitTo,
    fit: () => {
      for (const { sums, probes } of stages) probes.push(...fitted(sums));
    },
    test,
    dispose: () => {
      for (const { sums, probes } of stages) for (const part of [...sums, ...probes]) part.dispose();
    },
  };
}

const controlOf = (target: string): string => `${target} control`;

/** Every target and its control, with as many classes. */
const withControls = (classes: Readonly<Record<string, number>>): Readonly<Record<string, number>> => ({
  ...classes,
  ...Object.fromEntries(Object.entries(classes).map(([target, count]) => [controlOf(target), count])),
});

/** A class for every row that has nothing to do with it, drawn from those of `others`. */
const drawn = (classes: ClassesByTarget, others: ClassesByTarget, random: Random): ClassesByTarget =>
  Object.fromEntries(
    Object.entries(classes).map(([target, own]) => [
      controlOf(target),
      own.map(() => randomChoice(random, others[target]!)),
    ]),
  );

/** The sums make room for the probes one by one. */
const fitted = (sums: readonly ProbeSums[]): LinearProbes[] =>
  sums.map(part => {
    const probes = part.fit();
    part.dispose();
    return probes;
  });

/** Does `work` on some rows of x; on none, nothing. */
function withRows<T>(
  x: tf.Tensor2D,
  places: readonly number[],
  work: (rows: tf.Tensor2D) => T,
): T | undefined {
  if (places.length === 0) return undefined;
  const rows = tf.tidy(() => takeRows(x, places));
  try {
    return work(rows);
  } finally {
    rows.dispose();
  }
}

function sideOf(tokens: number): number {
  const side = Math.round(Math.sqrt(tokens));
  if (side * side === tokens && side > 1) return side;
  throw new UserError(
    `probes of place need a square grid of vision tokens, at least 2 × 2; the model has ${tokens}: choose another model`,
  );
}
