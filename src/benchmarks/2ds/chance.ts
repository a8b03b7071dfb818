import type { Sample } from '../types.js';

/**
 * The expected score of the best guesser that knows a question and *which* objects the image shows, but not
 * where they lie, as a reader of a bag of vision tokens would: 1/2 on yes/no questions (as many yes as no);
 * 1/k on an absolute question among k objects; 1/(k − 1) on an open relative one, whose named object cannot be
 * the answer. NaN when the number of objects of some image is unknown.
 */
export function chanceFloor(samples: readonly Sample[]): number {
  const guess = ({ category, labels }: Sample) => {
    if (labels.form === 'yesno') return 1 / 2;
    const objects = Number(labels.objects);
    return 1 / (category.endsWith('.rel') ? objects - 1 : objects);
  };
  return samples.reduce((sum, sample) => sum + guess(sample), 0) / samples.length;
}
