/** What a run says of one of the paper's claims (see `configs/paper/claims.json`). */
export interface Verdict {
  /** The claim's number. */
  readonly claim: number;
  readonly suite: string;
  readonly model: string;
  /** The benchmark, layer or other part that this is about. */
  readonly about: string;
  /** Whether the model stands beside those that the claim speaks of. */
  readonly control?: boolean;
  readonly says: 'holds' | 'does not hold' | 'cannot tell';
  /** The statistic in words, with its unit, e.g. `accuracy lost by permutation, points`. */
  readonly statistic: string;
  readonly value: number;
  /** 95 % interval; null where the statistic has none. */
  readonly low: number | null;
  readonly high: number | null;
  /** What was decided by: two-sided, against the claim's bound, after Holm's adjustment; null where nothing could be tested. */
  readonly p: number | null;
  /** Why, in one sentence. */
  readonly because: string;
}
