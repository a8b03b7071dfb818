import { SingleBar } from 'cli-progress';
import { onOneLine } from '../printable.js';
import { type Progress, silent } from '../work.js';
import { Pace } from './pace.js';

/** Drawings a second on a terminal, and milliseconds between two lines elsewhere. */
const FPS = 10;
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
  /** How much of the whole call lies behind us when so much of the stretch is done; none where nobody knows. */
  let whole: ((share: number) => number) | undefined;
  let place: { readonly index: number; readonly count: number } | undefined;
  let label = '';
  let pace: Pace | undefined;
  let told = now();
  const named = () => (whole ? `[${Math.floor(100 * whole(pace!.share))}%] ${label}` : label);
  const bar = new SingleBar({
    format: () => fitting(named(), pace!, (out.columns || 80) - 1),
    stream: oneLineOf(out),
    fps: FPS,
    linewrap: true,
    forceRedraw: true,
    synchronousUpdate: false,
  });
  const draw = () => {
    told = now();
    if (out.isTTY) bar.render();
    else out.write(`${named()} ${pace}\n`);
  };
  return {
    part: (name, at) => {
      place = at;
      part = at ? `${name} ${at.index}/${at.count}: ` : `${name}: `;
      whole = undefined;
    },
    within: (index, count) => {
      const at = place;
      whole = at && (share => (at.index - 1 + (index - 1 + share) / count) / at.count);
    },
    start: (name, total, format = String) => {
      label = onOneLine(part + name);
      pace = new Pace(total, format, now);
      if (out.isTTY) bar.start(total, 0);
    },
    update: (done, before = 0) => {
      pace?.reached(done, before);
      if (pace && now() - told >= (out.isTTY ? 1000 / FPS : LINE)) draw();
    },
    stop: () => {
      if (pace && out.isTTY) bar.stop();
      pace = undefined;
    },
    say: text => {
      if (pace && out.isTTY) out.write('\r\x1b[K');
      out.write(`${onOneLine(text)}\n`);
      if (pace && out.isTTY) draw();
    },
  };
}

/** What the bar writes beside its text, by what is written in its place. */
const MARKS: ReadonlyMap<string, string> = new Map([
  // The first column: the line is emptied there, and not from its end on.
  ['\x1b[1G', '\r\x1b[K'],
  ['\x1b[0K', ''],
  // A cursor that was put back to where the bar began would stand above all that was said since.
  ['\x1b7', ''],
  ['\x1b8', ''],
]);

/** The stream for a bar that stays on the last line while others write lines above it. */
function oneLineOf(out: Out): NodeJS.WritableStream {
  const stream = {
    get isTTY() {
      return out.isTTY;
    },
    get columns() {
      return out.columns;
    },
    write: (text: string) => out.write(MARKS.get(text) ?? text),
  };
  return stream as unknown as NodeJS.WritableStream;
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
