import { createHash } from 'node:crypto';

/** Uniform numbers in [0, 1). */
export type Random = () => number;

/**
 * A generator seeded by every part of `parts` (SHA-256 of their JSON), independent of any other stream:
 * the same parts give the same numbers on every machine. The generator is sfc32 (Chris Doty-Humphrey, PractRand).
 */
export function seededRandom(...parts: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let counter = 1;
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** A whole number in [0, bound). */
export const randomInt = (random: Random, bound: number): number => Math.floor(random() * bound);

/** One element of a list, uniformly; throws on an empty list. */
export function randomChoice<T>(random: Random, list: readonly T[]): T {
  if (list.length === 0) throw new RangeError('randomChoice: the list is empty');
  return list[randomInt(random, list.length)] as T;
}

/** A new list with the elements in uniformly random order (Fisher–Yates). */
export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = randomInt(random, i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}
