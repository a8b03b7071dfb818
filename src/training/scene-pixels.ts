import { closeSync, existsSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolderSync } from '../make-folder.js';
import { rasterizeScene } from '../world/scene/draw.js';
import type { Scene } from '../world/scene/scene.js';

/** A file of equally long records, read by number; the page cache is what makes it fast. */
export interface RecordFile {
  readonly records: number;
  /** The records of `indices`, in that order, into one buffer. */
  read(indices: readonly number[]): Buffer;
  close(): void;
}

/** Opens a file of records of so many bytes each; `read` throws a RangeError on a record that it does not hold whole. */
export function openRecords(path: string, recordBytes: number): RecordFile {
  const file = openSync(path, 'r');
  return {
    records: statSync(path).size / recordBytes,
    read: indices => {
      const buffer = Buffer.allocUnsafe(indices.length * recordBytes);
      indices.forEach((index, i) => {
        const got = readSync(file, buffer, i * recordBytes, recordBytes, index * recordBytes);
        if (got !== recordBytes) throw new RangeError(`${path} has no whole record ${index}`);
      });
      return buffer;
    },
    close: () => closeSync(file),
  };
}

/** Writes records one by one; the file gets its name when it is whole. */
export async function writeRecords(path: string, records: AsyncIterable<Uint8Array>): Promise<void> {
  makeFolderSync(dirname(path));
  const partial = `${path}.${process.pid}.partial`; // two trainings may write the same file
  const file = openSync(partial, 'w');
  try {
    for await (const record of records) writeSync(file, record);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}

/** Draws the scenes once, as RGB bytes [scenes, size, size, 3] in one file, unless it is there already. */
export async function drawScenes(
  path: string,
  scenes: readonly Scene[],
  onProgress: (done: number) => void,
): Promise<RecordFile> {
  const size = scenes[0]!.size;
  const bytes = size * size * 3;
  if (!existsSync(path) || statSync(path).size !== bytes * scenes.length) {
    async function* drawn() {
      for (const [i, scene] of scenes.entries()) {
        yield await rasterizeScene(scene);
        onProgress(i + 1);
      }
    }
    await writeRecords(path, drawn());
  }
  return openRecords(path, bytes);
}
