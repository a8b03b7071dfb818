import { Worker } from 'node:worker_threads';
import type { KernelStream, StoredTensorSource } from '../../engine/parameters.js';
import { alignedBytes } from '../../engine/tensorflow-matrix.js';
import { UserError } from '../../errors.js';

/** A disk that gives nothing for so long, in milliseconds, has stalled. */
const PATIENCE = 60_000;

/** Where a slot holds no layer, and where reading that layer has failed. */
const NONE = -1;
const failed = (layer: number): number => -2 - layer;
/** Places of those words: a bell for the reader, how many pieces it has read, and of each slot the layer wanted and held. */
const BELL = 0;
const PIECES = 1;
const WANTED = 2;
const HELD = 4;

/** Where a matrix lies in its layer's memory. */
interface Place {
  readonly layer: number;
  readonly offset: number;
  readonly source: StoredTensorSource;
}

/** A piece of a file, and where it goes in a layer's memory. */
interface Piece {
  readonly path: string;
  readonly position: number;
  readonly offset: number;
  readonly length: number;
}

/** What the reading thread is given. */
interface Job {
  readonly words: Int32Array;
  readonly message: Uint8Array;
  readonly slots: readonly Uint8Array[];
  readonly layers: readonly (readonly Piece[])[];
}

export interface LayerStream extends KernelStream {
  /** Ends the reading thread. */
  close(): void;
}

/**
 * The matrices of `layers` (names of each, in the order of a pass), read a layer at a time for every pass: while one layer
 * computes, a thread reads the next into the other of two pieces of memory. `values` waits for what is not there yet;
 * UserError where a file cannot be read, has become shorter, or gives nothing for a minute; asked again it reads again.
 */
export function openLayerStream(
  layers: readonly (readonly string[])[],
  stored: (name: string) => StoredTensorSource,
  patience = PATIENCE,
): LayerStream {
  const places = new Map<string, Place>();
  const sizes = layers.map((names, layer) => {
    let end = 0;
    for (const name of names) {
      const source = stored(name);
      places.set(name, { layer, offset: end, source });
      end += Math.ceil(source.byteLength / 64) * 64;
    }
    return end;
  });
  const size = Math.max(...sizes);
  const words = new Int32Array(new SharedArrayBuffer(4 * 6));
  words.fill(NONE, WANTED);
  const job: Job = {
    words,
    message: new Uint8Array(new SharedArrayBuffer(1024)),
    slots: [0, 1].map(() => alignedBytes(size, length => new SharedArrayBuffer(length))),
    layers: layers.map(names =>
      names.map(name => {
        const { offset, source } = places.get(name)!;
        return { path: source.path, position: source.position, offset, length: source.byteLength };
      }),
    ),
  };
  // The thread runs the function's own text: it needs no file of its own, in whatever form this program is.
  const worker = new Worker(
    `(${readLayers})(require('node:worker_threads').workerData, require('node:fs'))`,
    {
      eval: true,
      workerData: job,
      execArgv: [],
    },
  );
  worker.unref();

  let current = { layer: NONE, slot: 1 };
  const order = (layer: number, slot: number) => {
    Atomics.compareExchange(words, HELD + slot, failed(layer), NONE);
    Atomics.store(words, WANTED + slot, layer);
    Atomics.add(words, BELL, 1);
    Atomics.notify(words, BELL);
  };
  const wait = (layer: number, slot: number) => {
    for (;;) {
      const held = Atomics.load(words, HELD + slot);
      if (held === layer) return;
      if (held === failed(layer)) throw new UserError(messageIn(job.message));
      const pieces = Atomics.load(words, PIECES);
      const waited = Atomics.wait(words, HELD + slot, held, patience);
      if (waited === 'timed-out' && Atomics.load(words, PIECES) === pieces) {
        const files = [...new Set(job.layers[layer]!.map(({ path }) => path))].join(', ');
        throw new UserError(
          `${files}: gave nothing for ${patience / 1000} s while layer ${layer} was read; see to the disk and start again, the run goes on where it stopped`,
        );
      }
    }
  };
  const hold = (layer: number): Uint8Array => {
    if (layer !== current.layer) {
      const slot = 1 - current.slot;
      order(layer, slot);
      wait(layer, slot);
      // What the other slot holds has been used.
      current = { layer, slot };
      order((layer + 1) % layers.length, 1 - slot);
    }
    return job.slots[current.slot]!;
  };
  return {
    has: name => places.has(name),
    values: name => {
      const { layer, offset, source } = places.get(name)!;
      const bytes = hold(layer).subarray(offset, offset + source.byteLength);
      return { dtype: source.dtype, bytes };
    },
    close: () => void worker.terminate(),
  };
}

const messageIn = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes.slice(0, Math.max(0, bytes.indexOf(0))));

/** The reading thread: reads what is wanted and not held, then sleeps until the bell. Uses nothing from outside itself. */
function readLayers(
  { words, message, slots, layers }: Job,
  { closeSync, openSync, readSync }: typeof import('node:fs'),
): void {
  const [none, bellAt, piecesAt, wantedAt, heldAt] = [-1, 0, 1, 2, 4] as const;
  const most = 1 << 24;
  const files = new Map<string, number>();
  const opened = (path: string): number => {
    const file = files.get(path) ?? openSync(path, 'r');
    files.set(path, file);
    return file;
  };
  const read = (layer: number, slot: Uint8Array): void => {
    for (const { path, position, offset, length } of layers[layer]!) {
      for (let done = 0; done < length; ) {
        const wanted = Math.min(most, length - done);
        const count = readSync(opened(path), slot, offset + done, wanted, position + done);
        if (count === 0) throw new Error(`${path}: ended while it was read; was it replaced meanwhile?`);
        done += count;
        Atomics.add(words, piecesAt, 1);
      }
    }
  };
  const tell = (slot: number, held: number): void => {
    Atomics.store(words, heldAt + slot, held);
    Atomics.notify(words, heldAt + slot);
  };
  for (;;) {
    const bell = Atomics.load(words, bellAt);
    for (const slot of [0, 1]) {
      const layer = Atomics.load(words, wantedAt + slot);
      const held = Atomics.load(words, heldAt + slot);
      if (layer === none || layer === held || -2 - layer === held) continue;
      tell(slot, none);
      try {
        read(layer, slots[slot]!);
        tell(slot, layer);
      } catch (error) {
        // Next time the files may be others of the same names.
        for (const file of files.values()) closeSync(file);
        files.clear();
        message.fill(0);
        new TextEncoder().encodeInto(String((error as Error).message), message.subarray(0, -1));
        tell(slot, -2 - layer);
      }
    }
    Atomics.wait(words, bellAt, bell);
  }
}
