/**
 * P(|T| ≥ |t|) of Student's t with `df` degrees of freedom, which need not be whole: two-sided p-values.
 * RangeError on df ≤ 0. Source: I_x(df/2, 1/2) at x = df / (df + t²), the regularised incomplete beta function.
 */
export function twoSidedP(t: number, df: number): number {
  if (!(df > 0)) throw new RangeError(`twoSidedP: ${df} degrees of freedom`);
  if (!Number.isFinite(t)) return Number.isNaN(t) ? Number.NaN : 0;
  return incompleteBeta(df / (df + t * t), df / 2, 0.5);
}

/** The t > 0 with P(|T| ≥ t) = 1 − level, by bisection to 1e-12 of itself. RangeError on a level outside (0, 1). */
export function criticalT(level: number, df: number): number {
  if (!(level > 0 && level < 1)) throw new RangeError(`criticalT: level ${level} is not between 0 and 1`);
  let [low, high] = [0, 1];
  while (twoSidedP(high, df) > 1 - level) [low, high] = [high, 2 * high];
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (twoSidedP(middle, df) > 1 - level) low = middle;
    else high = middle;
  }
  return high;
}

/** I_x(a, b), by its continued fraction (Abramowitz & Stegun 26.5.8) in Lentz's order. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  // The fraction converges fast on this side only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    for (const step of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / (1 + step * d);
      c = 1 + step / c;
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return (front * fraction) / a;
}

/** ln Γ(x), x > 0: Stirling's series behind the recurrence that carries x above 15. */
function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 15; y++) shift -= Math.log(y);
  const inverse = 1 / (y * y);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / y;
  return shift + (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series;
}
