import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { RunRecord } from '../records/prediction.js';
import { codeOf, diskError } from './disk-error.js';
import { encodeUnit, type RecordFormat } from './records.js';
import { readUnits, unitName } from './unit-reader.js';

/** What a run's file holds: the names of its complete units, their records' count and their end in bytes. */
export interface UnitCount {
  readonly done: Set<string>;
  records: number;
  end: number;
}

/** The only hand that changes a run's file. */
export interface UnitWriter<R> {
  append(unit: readonly R[]): Promise<void>;
  close(): Promise<void>;
}

/** Reads a run's file through; nothing where there is none yet. */
export async function countUnits<R extends RunRecord>(
  path: string,
  format: RecordFormat<R>,
): Promise<UnitCount> {
  const count: UnitCount = { done: new Set(), records: 0, end: 0 };
  try {
    for await (const { image, condition, records, end } of readUnits(path, format)) {
      count.done.add(unitName(image, condition));
      count.records += records.length;
      count.end = end;
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  return count;
}

/**
 * Opens a run's file to append to it; what lies beyond the last complete unit is cut off.
 * @param count as `countUnits` found it; kept up to date
 */
export async function openUnitWriter<R extends RunRecord>(
  path: string,
  format: RecordFormat<R>,
  count: UnitCount,
  onNotice: (message: string) => void,
): Promise<UnitWriter<R>> {
  const failed = (error: unknown) => diskError(error, path, `${count.done.size} finished units are kept`);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT).catch((error: unknown) => {
    throw failed(error);
  });
  const { size } = await file.stat();
  if (size > count.end) {
    await file.truncate(count.end);
    onNotice(
      `${path} ends in an unfinished unit: its ${size - count.end} bytes are cut off, it is done again`,
    );
  }
  let busy = false;

  async function append(unit: readonly R[]): Promise<void> {
    if (busy) throw new Error('append: the unit before is still being written; await it');
    const bytes = Buffer.from(encodeUnit(format, unit));
    const { image, condition } = unit[0]!;
    const name = unitName(image, condition);
    if (count.done.has(name))
      throw new RangeError(`append: image ${image} under ${condition} is already done`);
    busy = true;
    try {
      // One write as a rule; a disk that fills up may take a part of it first.
      for (let written = 0; written < bytes.length; )
        written += (await file.write(bytes, written, bytes.length - written, count.end + written))
          .bytesWritten;
      await file.datasync();
    } catch (error) {
      // If this fails, too, the next opening cuts the torn unit off.
      await file.truncate(count.end).catch(() => {});
      throw failed(error);
    } finally {
      busy = false;
    }
    count.done.add(name);
    count.records += unit.length;
    count.end += bytes.length;
  }

  return { append, close: () => file.close() };
}
