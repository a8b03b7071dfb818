import { Presets, SingleBar } from 'cli-progress';
import { type Progress, silent } from '../work.js';

/** Shows progress on standard error, so that standard output stays data: a bar on a terminal; elsewhere one line a tenth; nothing when `quiet`. */
export function createProgress(quiet: boolean, out: NodeJS.WriteStream = process.stderr): Progress {
  if (quiet) return silent;
  return out.isTTY ? bar(out) : lines(out);
}

function bar(out: NodeJS.WriteStream): Progress {
  let current: SingleBar | null = null;
  return {
    start: (label, total, format = String) => {
      current = new SingleBar(
        {
          format: `${label} {bar} {value}/{total} ETA {eta_formatted}`,
          formatValue: (value, _, type) =>
            type === 'value' || type === 'total' ? format(value) : String(value),
          stream: out,
          etaBuffer: 50,
          hideCursor: true,
        },
        Presets.shades_classic,
      );
      current.start(total, 0);
    },
    update: done => current?.update(done),
    stop: () => {
      current?.stop();
      current = null;
    },
    say: text => {
      if (current) out.write('\r\x1b[K');
      out.write(`${text}\n`);
    },
  };
}

function lines(out: NodeJS.WriteStream): Progress {
  let label = '';
  let total = 0;
  let tenth = 0;
  let format: (steps: number) => string = String;
  return {
    start: (name, steps, formatted = String) => {
      label = name;
      total = steps;
      format = formatted;
      tenth = 0;
    },
    update: done => {
      const reached = Math.floor((10 * done) / total);
      if (reached <= tenth) return;
      tenth = reached;
      out.write(`${label} ${format(done)}/${format(total)}\n`);
    },
    stop: () => {},
    say: text => out.write(`${text}\n`),
  };
}
