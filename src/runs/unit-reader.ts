import { createReadStream } from 'node:fs';
import { messageOf, UserError } from '../errors.js';
import type { RunRecord } from '../records/prediction.js';
import { decodeLine, type Line, type RecordFormat } from './records.js';

/** The finished records of one image under one condition. */
export interface Unit<R> {
  readonly image: string;
  readonly condition: string;
  readonly records: readonly R[];
  /** Offset of the byte after the unit. */
  readonly end: number;
}

/** One name for an image under a condition. */
export const unitName = (image: string, condition: string): string => JSON.stringify([image, condition]);

/**
 * The complete units of a run's file, in their order, every line validated. What a dying process leaves, a torn last
 * line or a last unit with lines missing, is not given out: the file's end is then beyond the last unit's `end`.
 * UserError with file and line on anything else that is not as it was written.
 */
export async function* readUnits<R extends RunRecord>(
  path: string,
  format: RecordFormat<R>,
): AsyncGenerator<Unit<R>> {
  const done = new Set<string>();
  let lines: Line<R>[] = [];
  let number = 0;
  for await (const { bytes, end } of readLines(path)) {
    number++;
    try {
      lines.push(nextLine(format, bytes, lines, done));
    } catch (error) {
      throw new UserError(
        `${path}:${number} is damaged (${messageOf(error)}): restore the file from a copy, or move its folder away to start anew`,
      );
    }
    const { record, part, of } = lines.at(-1)!;
    if (part < of) continue;
    const { image, condition } = record;
    done.add(unitName(image, condition));
    yield { image, condition, records: lines.map(line => line.record), end };
    lines = [];
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A line, which must continue the unit begun by `before` or begin one that is not yet done; else an Error. */
function nextLine<R extends RunRecord>(
  format: RecordFormat<R>,
  bytes: Uint8Array,
  before: readonly Line<R>[],
  done: ReadonlySet<string>,
): Line<R> {
  const line = decodeLine(format, utf8.decode(bytes));
  const { image, condition } = line.record;
  const first = before[0] ?? line;
  const [part, of] = [before.length + 1, first.of];
  if (line.part !== part || line.of !== of || part > of)
    throw new Error(`line ${line.part} of ${line.of} of a unit where ${part} of ${of} was to come`);
  if (image !== first.record.image || condition !== first.record.condition)
    throw new Error(
      `image ${image} under ${condition} within the unit of ${first.record.image} under ${first.record.condition}`,
    );
  if (done.has(unitName(image, condition)))
    throw new Error(`image ${image} under ${condition} for the second time`);
  return line;
}

/** Lines that end in a newline, without it; what follows the last newline is left out. */
async function* readLines(path: string): AsyncGenerator<{ bytes: Uint8Array; end: number }> {
  let rest = Buffer.alloc(0);
  let start = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let to = rest.indexOf(10); to >= 0; to = rest.indexOf(10, from)) {
      yield { bytes: rest.subarray(from, to), end: start + to + 1 };
      from = to + 1;
    }
    rest = rest.subarray(from);
    start += from;
  }
}
