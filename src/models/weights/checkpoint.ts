import { basename } from 'node:path';
import { UserError } from '../../errors.js';
import { nearestName } from '../config/nearest-name.js';
import { fingerprintOf } from './fingerprint.js';
import { canonicalName } from './names.js';
import { type Dtype, openSafetensors, type SafetensorsFile, type StoredTensor } from './safetensors.js';
import { findShards } from './shards.js';
import { storedPart, widen } from './widen.js';

/**
 * The weights of a model, by canonical tensor names (those of the first llava-hf checkpoints, e.g.
 * `vision_tower.vision_model.pre_layrnorm.weight`), whatever the layout they are stored in.
 */
export interface Checkpoint {
  /** Canonical names of all tensors, sorted. */
  names(): readonly string[];
  has(name: string): boolean;
  shape(name: string): readonly number[];
  dtype(name: string): Dtype;
  /** The name the tensor has in its file. */
  storedName(name: string): string;
  /**
   * A tensor's values as float32 (exact for F32, F16 and BF16). UserError when it is missing, of another dtype, or its
   * shape is not `shape`.
   */
  read(name: string, shape?: readonly number[]): Promise<Float32Array>;
  /** A tensor's bytes as stored, with their dtype: for an engine that keeps 16-bit weights. Errors as `read`. */
  readBytes(name: string, shape?: readonly number[]): Promise<{ dtype: Dtype; bytes: Uint8Array }>;
  /** Layouts that the tensor names are of: `Hugging Face`, `LLaVA`, `CLIP`. */
  readonly layouts: readonly string[];
  /** Stored names of tensors that are no part of a LLaVA we know; a sign of another architecture. */
  readonly unrecognised: readonly string[];
  /** Identifies the weights and the JSON files beside them; see `fingerprintOf`. */
  fingerprint(): Promise<string>;
  close(): Promise<void>;
}

interface Entry extends StoredTensor {
  readonly storedName: string;
  readonly file: SafetensorsFile;
}

/**
 * Opens the weights of a folder, or of several that make up one model (LLaVA's own format keeps the vision tower
 * apart). Only headers are read; values are read on demand, straight into the array that is returned.
 */
export async function openCheckpoint(dirs: string | readonly string[]): Promise<Checkpoint> {
  const folders = typeof dirs === 'string' ? [dirs] : dirs;
  const files: SafetensorsFile[] = [];
  const close = async () => {
    await Promise.all(files.map(file => file.close()));
  };
  try {
    for (const folder of folders) {
      const shards = await findShards(folder);
      for (const path of shards.files) files.push(await openSafetensors(path));
      checkIndex(shards.promised, files);
    }
    return { ...indexed(files, folders), fingerprint: () => fingerprintOf(folders, files), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Every tensor that an index promises must be in the shard it names. */
function checkIndex(promised: ReadonlyMap<string, string>, files: readonly SafetensorsFile[]): void {
  const byPath = new Map(files.map(file => [file.path, file]));
  for (const [name, path] of promised) {
    if (!byPath.get(path)?.tensors.has(name)) {
      throw new UserError(
        `${path}: the index promises tensor "${name}" here, but it is not; download the shard again`,
      );
    }
  }
}

function indexed(
  files: readonly SafetensorsFile[],
  folders: readonly string[],
): Omit<Checkpoint, 'fingerprint' | 'close'> {
  const entries = new Map<string, Entry>();
  const layouts = new Set<string>();
  const unrecognised: string[] = [];
  for (const file of files) {
    for (const [storedName, tensor] of file.tensors) {
      const renamed = canonicalName(storedName);
      if (renamed === 'unused') continue;
      if (renamed === null) {
        unrecognised.push(storedName);
        continue;
      }
      const other = entries.get(renamed.name);
      if (other) {
        throw new UserError(
          `${file.path}: "${storedName}" and "${other.storedName}" in ${other.file.path} are the same tensor (${renamed.name}); name one checkpoint only`,
        );
      }
      entries.set(renamed.name, { ...tensor, storedName, file });
      layouts.add(renamed.layout);
    }
  }

  const entry = (name: string): Entry => {
    const found = entries.get(name);
    if (found) return found;
    const nearest = entries.size > 0 ? `; the nearest is "${nearestName(name, [...entries.keys()])}"` : '';
    throw new UserError(
      `tensor "${name}" is missing from ${folders.join(' and ')}${nearest}; is this the checkpoint of the configuration?`,
    );
  };
  const checked = (name: string, shape: readonly number[] | undefined): Entry => {
    const found = entry(name);
    if (shape && !(shape.length === found.shape.length && shape.every((d, i) => d === found.shape[i]))) {
      const stored = found.storedName === name ? '' : ` ("${found.storedName}")`;
      throw new UserError(
        `tensor "${name}"${stored} has shape [${found.shape.join(', ')}] in ${basename(found.file.path)}, the configuration needs [${shape.join(', ')}]; config.json and weights are of different models`,
      );
    }
    return found;
  };
  return {
    names: () => [...entries.keys()].sort(),
    has: name => entries.has(name),
    shape: name => entry(name).shape,
    dtype: name => entry(name).dtype,
    storedName: name => entry(name).storedName,
    read: async (name, shape) => {
      const { dtype, shape: stored, file, position } = checked(name, shape);
      const values = new Float32Array(stored.reduce((n, d) => n * d, 1));
      await file.readInto(storedPart(values, dtype, name), position);
      widen(values, dtype);
      return values;
    },
    readBytes: async (name, shape) => {
      const { dtype, byteLength, file, position } = checked(name, shape);
      const bytes = new Uint8Array(byteLength);
      await file.readInto(bytes, position);
      return { dtype, bytes };
    },
    layouts: [...layouts].sort(),
    unrecognised,
  };
}
