import type { Progress } from '../work.js';
import type { Told } from './worker-messages.js';

/** A worker's part of a stretch. */
interface Part {
  readonly total: number;
  done: number;
  before: number;
  ended: boolean;
}

/**
 * One display for what several workers tell. Stretches of one label are one stretch: it is shown from its first worker's start to its
 * last one's end, and where workers are in different stretches, the earlier one. What all say is said once.
 *
 * @param count of workers
 * @returns what to call with a worker's number, from 0, and what it tells
 */
export function sharedProgress(progress: Progress, count: number): (worker: number, told: Told) => void {
  const stretches = new Map<string, (Part | undefined)[]>();
  const current: (string | undefined)[] = [];
  const said = new Set<string>();
  let shown: string | undefined;
  let within = 0;

  const isOpen = (label: string) => stretches.get(label)!.some(part => part && !part.ended);
  const draw = () => {
    const parts = stretches.get(shown!)!.filter(part => part !== undefined);
    const sum = (key: 'done' | 'before') => parts.reduce((all, part) => all + part[key], 0);
    progress.update(sum('done'), sum('before'));
  };
  const show = () => {
    if (shown !== undefined && isOpen(shown)) return draw();
    if (shown !== undefined) {
      draw();
      progress.stop();
    }
    shown = [...stretches.keys()].find(isOpen);
    if (shown === undefined) return;
    const parts = stretches.get(shown)!.filter(part => part !== undefined);
    // Those yet to begin have as much to do as those that began: shares differ by an image.
    const known = parts.reduce((all, { total }) => all + total, 0);
    progress.start(shown, Math.round((known / parts.length) * count));
    draw();
  };

  return (worker, told) => {
    const part = () => stretches.get(current[worker] ?? '')?.[worker];
    const change = (to: Partial<Part>) => {
      const ours = part();
      if (!ours) return;
      Object.assign(ours, to);
      show();
    };
    switch (told[0]) {
      case 'within':
        if (told[1] > within) progress.within?.(told[1], told[2]);
        within = Math.max(within, told[1]);
        return;
      case 'start': {
        const [, label, total] = told;
        current[worker] = label;
        const parts = stretches.get(label) ?? [];
        stretches.set(label, parts);
        parts[worker] = { total, done: 0, before: 0, ended: false };
        return show();
      }
      case 'update':
        return change({ done: told[1], before: told[2] ?? 0 });
      case 'stop':
        return change({ ended: true });
      case 'say':
        if (!said.has(told[1])) progress.say(told[1]);
        said.add(told[1]);
    }
  };
}
