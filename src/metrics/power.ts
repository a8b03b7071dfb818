import { FEWEST_CLUSTERS } from './clustered.js';
import { criticalT } from './student-t.js';

/** What is known of a statistic's spread: a `ClusteredEstimate`, or a `PairedTest`. */
export interface Spread {
  readonly clusters: number;
  readonly error: number;
  readonly df: number;
}

export interface PowerOptions {
  /** How often the difference is to be found; 0.8. */
  readonly power?: number;
  /** Of the two-sided test; 0.05. */
  readonly level?: number;
}

/**
 * The smallest true difference that a test with this standard error finds as often as `power` says: (t₁₋ₗₑᵥₑₗ⁄₂ + tₚₒᵥᵥₑᵣ) · error
 * (Bloom 1995). In the statistic's unit; NaN of too few images. RangeError on a power of 0.5 or less, or 1.
 */
export function detectable({ error, df }: Spread, { power = 0.8, level = 0.05 }: PowerOptions = {}): number {
  if (!(power > 0.5 && power < 1))
    throw new RangeError(`detectable: power ${power} is not between 0.5 and 1`);
  // One-sided: P(T < t) = power is P(|T| ≥ t) = 2 (1 − power).
  return (criticalT(1 - level, df) + criticalT(2 * power - 1, df)) * error;
}

/**
 * How many images like those seen the same test needs to find `difference` so often: the standard error falls with their square
 * root, the degrees of freedom rise with them. NaN where the spread is not known, Infinity for a difference of 0.
 */
export function clustersNeeded(seen: Spread, difference: number, options: PowerOptions = {}): number {
  if (Number.isNaN(seen.error)) return Number.NaN;
  if (difference === 0) return Infinity;
  const enough = (clusters: number) => {
    const error = seen.error * Math.sqrt(seen.clusters / clusters);
    const df = (seen.df * (clusters - 1)) / (seen.clusters - 1);
    return detectable({ clusters, error, df }, options) <= Math.abs(difference);
  };
  let [low, high] = [FEWEST_CLUSTERS - 1, FEWEST_CLUSTERS];
  while (!enough(high)) [low, high] = [high, 2 * high];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
