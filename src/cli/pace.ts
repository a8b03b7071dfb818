/** How many milliseconds of the past a speed is measured over. */
const WINDOW = 60_000;

/** How fast a stretch of work goes. Steps that an earlier session did count as done, but not as speed. */
export class Pace {
  readonly #began: number;
  /** When how many steps of this session were done; the newest last. */
  #seen: { readonly at: number; readonly steps: number }[];
  #done = 0;

  constructor(
    readonly total: number,
    readonly format: (steps: number) => string,
    readonly now: () => number,
  ) {
    this.#began = now();
    this.#seen = [{ at: this.#began, steps: 0 }];
  }

  /** @param before steps of `done` that were done before this session */
  reached(done: number, before: number): void {
    this.#done = done;
    const at = this.now();
    // A few points a second are enough.
    if (this.#seen.length > 1 && at - this.#seen.at(-2)!.at < 200) this.#seen.pop();
    this.#seen.push({ at, steps: done - before });
    const old = this.#seen.findLastIndex(one => one.at <= at - WINDOW);
    if (old > 0) this.#seen = this.#seen.slice(old);
  }

  /** Steps a second; NaN before there is anything to measure. */
  get rate(): number {
    const [first, last] = [this.#seen[0]!, this.#seen.at(-1)!];
    const steps = last.steps - first.steps;
    return steps > 0 && last.at > first.at ? (1000 * steps) / (last.at - first.at) : Number.NaN;
  }

  get share(): number {
    return this.total > 0 ? Math.min(1, this.#done / this.total) : 1;
  }

  /** "120/400 3.2/s 0:41 ETA 1:27" */
  toString(): string {
    const { rate, total, format } = this;
    const left = total - this.#done;
    const parts = [`${format(this.#done)}/${format(total)}`];
    if (!Number.isNaN(rate)) parts.push(speed(rate, format));
    parts.push(clock((this.now() - this.#began) / 1000));
    if (left > 0) parts.push(`ETA ${Number.isNaN(rate) ? '?' : clock(left / rate)}`);
    return parts.join(' ');
  }
}

function speed(rate: number, format: (steps: number) => string): string {
  if (format !== String) return `${format(rate)}/s`;
  if (rate >= 1) return `${rate.toFixed(rate < 10 ? 1 : 0)}/s`;
  return rate * 60 >= 1 ? `${(rate * 60).toFixed(0)}/min` : `${(rate * 3600).toFixed(0)}/h`;
}

/** Seconds as "0:41", "2:05:09". */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
