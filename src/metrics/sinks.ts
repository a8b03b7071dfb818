import { quantiles } from './quantiles.js';

/** A vision token is a sink where its norm is more than so many times the median of the image's vision tokens. */
export const SINK_FACTOR = 3;

/**
 * The places of the tokens of extreme norm, which gather attention whatever they show (Darcet et al. 2024, "Vision Transformers Need
 * Registers"; the factor is this project's).
 * @param norms float[tokens], L2 norms
 */
export function sinksAmong(norms: ArrayLike<number>): number[] {
  const [median] = quantiles(norms, [0.5]);
  return Array.from(norms).flatMap((norm, place) => (norm > SINK_FACTOR * median! ? [place] : []));
}
