/** The curriculum: the most objects of a scene grow from 2 to 6, evenly over the share `growing` of the steps. */
export function mostObjects(step: number, steps: number, growing: number): number {
  if (step > steps * growing) return 6;
  return 2 + Math.floor((5 * (step - 1)) / (steps * growing));
}
