import { type Progress, silent } from '../work.js';
import { Pace } from './pace.js';

/** Milliseconds between two drawings on a terminal, and between two lines elsewhere. */
const REDRAW = 100;
const LINE = 60_000;

/** Columns that a bar is worth drawing in, and those it takes at most. */
const BAR = { least: 8, most: 24 };

/** Where progress is drawn. */
type Out = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

/**
 * Shows progress on standard error, so that standard output stays data: what is done, how fast, since when, how much longer. A line
 * that is drawn over on a terminal; elsewhere the same line once a minute; nothing when `quiet`.
 */
export function createProgress(
  quiet: boolean,
  out: Out = process.stderr,
  now: () => number = () => performance.now(),
): Progress {
  if (quiet) return silent;
  let part = '';
  let label = '';
  let pace: Pace | undefined;
  let told = now();
  const line = () => (out.isTTY ? fitting(label, pace!, (out.columns || 80) - 1) : `${label} ${pace}`);
  const draw = () => {
    told = now();
    out.write(out.isTTY ? `\r\x1b[K${line()}` : `${line()}\n`);
  };
  return {
    part: (name, place) => {
      part = place ? `${name} ${place.index}/${place.count}: ` : `${name}: `;
    },
    start: (name, total, format = String) => {
      label = part + name;
      pace = new Pace(total, format, now);
      if (out.isTTY) draw();
    },
    update: (done, before = 0) => {
      pace?.reached(done, before);
      if (pace && now() - told >= (out.isTTY ? REDRAW : LINE)) draw();
    },
    stop: () => {
      if (pace && out.isTTY) {
        draw();
        out.write('\n');
      }
      pace = undefined;
    },
    say: text => {
      if (pace && out.isTTY) out.write('\r\x1b[K');
      out.write(`${text}\n`);
      if (pace && out.isTTY) draw();
    },
  };
}

/** Label, bar and numbers in so many columns: the bar goes first, then the label's end. */
function fitting(label: string, pace: Pace, columns: number): string {
  const numbers = String(pace);
  const room = columns - numbers.length - 1;
  const short = label.length > room ? `${label.slice(0, Math.max(0, room - 1))}…` : label;
  const width = Math.min(BAR.most, room - short.length - 1);
  if (width < BAR.least) return `${short} ${numbers}`.slice(0, columns);
  const filled = Math.round(width * pace.share);
  return `${short} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${numbers}`;
}
