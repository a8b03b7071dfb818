/** Where a piece of work says how far it is; who draws it is no concern of the work. */
export interface Progress {
  /** What the stretches from now on are part of: an experiment, and its place among those of the call, from 1. */
  part?(name: string, place?: { readonly index: number; readonly count: number }): void;
  /** The stretch that begins next is the part's `index`th of `count`, from 1. */
  within?(index: number, count: number): void;
  /** Begins a stretch of `total` steps; `format` writes a number of them, plainly without one. */
  start(label: string, total: number, format?: (steps: number) => string): void;
  /** `done` steps of the stretch are behind us, `before` of them from an earlier session: no measure of how fast it goes. */
  update(done: number, before?: number): void;
  stop(): void;
  /** One line for people, between stretches or during one. */
  say(text: string): void;
}

/** What long work is given: where to tell of itself, and the signal that stops it cleanly. */
export interface Work {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export const silent: Progress = { start: () => {}, update: () => {}, stop: () => {}, say: () => {} };

/** Work that tells nobody and is never stopped. */
export const undisturbed: Work = { progress: silent, signal: new AbortController().signal };

/** Draws pictures behind a progress display. */
export async function drawing<T>(
  label: string,
  progress: Progress,
  draw: (onProgress: (drawn: number, total: number) => void) => Promise<T>,
): Promise<T> {
  let started = false;
  try {
    return await draw((drawn, total) => {
      if (!started) progress.start(label, total);
      started = true;
      progress.update(drawn);
    });
  } finally {
    progress.stop();
  }
}
