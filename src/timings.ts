/** What a stage took so far: seconds by the clock, seconds of processor time of all threads, and how often it ran. */
export interface StageTime {
  readonly stage: string;
  readonly wall: number;
  readonly cpu: number;
  readonly times: number;
}

interface Moment {
  readonly wall: number;
  readonly cpu: number;
}

const now = (): Moment => {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 };
};

/** Stages that run, the innermost last; null while nobody wants to know. */
let running: string[] | null = null;
let since: Moment = { wall: 0, cpu: 0 };
const taken = new Map<string, StageTime>();

/** Counts what has passed since the last change of stage to the stage that ran. */
function settle(): void {
  const { wall, cpu } = now();
  const stage = running?.at(-1) ?? 'everything else';
  const before = taken.get(stage) ?? { stage, wall: 0, cpu: 0, times: 0 };
  taken.set(stage, { ...before, wall: before.wall + wall - since.wall, cpu: before.cpu + cpu - since.cpu });
  since = { wall, cpu };
}

/**
 * Begins to count where time goes, for the whole process. An engine on a GPU computes in its own time: there a stage waits for
 * what an earlier one began, wherever it first reads a number.
 */
export function startTimings(): void {
  taken.clear();
  running = [];
  since = now();
}

/**
 * Runs `work` as a stage; a stage within another counts for itself only. Stages follow each other: two that run at once, as
 * promises can, are told apart only by when they begin and end.
 */
export function timed<T>(stage: string, work: () => T): T {
  if (!running) return work();
  settle();
  running.push(stage);
  const before = taken.get(stage) ?? { stage, wall: 0, cpu: 0, times: 0 };
  taken.set(stage, { ...before, times: before.times + 1 });
  const end = () => {
    if (!running) return;
    settle();
    running.splice(running.lastIndexOf(stage), 1);
  };
  let result: T;
  try {
    result = work();
  } catch (error) {
    end();
    throw error;
  }
  if (!(result instanceof Promise)) {
    end();
    return result;
  }
  return result.finally(end) as T;
}

/** What every stage took, the longest first; counting ends. Empty where it was not begun. */
export function stopTimings(): StageTime[] {
  if (!running) return [];
  settle();
  running = null;
  return [...taken.values()].sort((a, b) => b.wall - a.wall);
}
