import { basename, dirname } from 'node:path';
import type { StoredTensorSource } from '../../engine/parameters.js';
import { storedPart, type WeightDtype, weightBytes, widen } from '../../engine/stored-values.js';
import { UserError } from '../../errors.js';
import { nearestName } from '../../nearest.js';
import { fingerprintOf } from './fingerprint.js';
import { canonicalName } from './names.js';
import { type Dtype, openSafetensors, type SafetensorsFile, type StoredTensor } from './safetensors.js';
import { findShards } from './shards.js';

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
  /** A tensor as it is stored, not yet read: for an engine that keeps 16-bit weights. Errors as `read`. */
  stored(name: string, shape?: readonly number[]): StoredTensorSource;
  /** Names of all tensors as they are stored, those that are passed over among them. */
  storedNames(): readonly string[];
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
  const promised = new Map<string, string>();
  const close = async () => {
    await Promise.all(files.map(file => file.close()));
  };
  try {
    for (const folder of folders) {
      const shards = await findShards(folder);
      for (const path of shards.files) files.push(await openSafetensors(path));
      for (const [name, path] of shards.promised) promised.set(canonicalNameOf(name), path);
    }
    return { ...indexed(files, folders, promised), fingerprint: () => fingerprintOf(folders, files), close };
  } catch (error) {
    await close();
    throw error;
  }
}

const canonicalNameOf = (stored: string): string => {
  const renamed = canonicalName(stored);
  return renamed === null || renamed === 'unused' ? stored : renamed.name;
};

/**
 * Tensors by canonical name, each from the shard that has it: what an index says of their places is not needed, as
 * transformers does not need it either. `promised` (canonical name → shard) only explains a tensor that is nowhere.
 */
function indexed(
  files: readonly SafetensorsFile[],
  folders: readonly string[],
  promised: ReadonlyMap<string, string>,
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
      // In two shards of one folder the later one is read, as transformers does.
      const again = other?.storedName === storedName && dirname(other.file.path) === dirname(file.path);
      if (other && !again) {
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
    const shard = promised.get(name);
    if (shard !== undefined) {
      throw new UserError(
        `tensor "${name}" is missing from ${folders.join(' and ')}: the index promises it in ${basename(shard)}, which does not have it; download that shard again`,
      );
    }
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
  const weight = (name: string, shape: readonly number[] | undefined): Entry & { dtype: WeightDtype } => {
    const found = checked(name, shape);
    const { dtype } = found;
    if (Object.hasOwn(weightBytes, dtype)) return { ...found, dtype: dtype as WeightDtype };
    throw new UserError(
      `tensor "${name}" is stored as ${dtype}; supported: ${Object.keys(weightBytes).join(', ')}; convert the checkpoint`,
    );
  };
  return {
    names: () => [...entries.keys()].sort(),
    has: name => entries.has(name),
    shape: name => entry(name).shape,
    dtype: name => entry(name).dtype,
    storedName: name => entry(name).storedName,
    read: async (name, shape) => {
      const { dtype, shape: stored, file, position } = weight(name, shape);
      const values = new Float32Array(stored.reduce((n, d) => n * d, 1));
      await file.readInto(storedPart(values, dtype), position);
      widen(values, dtype);
      return values;
    },
    stored: (name, shape) => {
      const { dtype, byteLength, file, position } = weight(name, shape);
      return {
        ...{ dtype, byteLength, position },
        path: file.path,
        readInto: target => file.readInto(target, position),
      };
    },
    storedNames: () => files.flatMap(file => [...file.tensors.keys()]),
    layouts: [...layouts].sort(),
    unrecognised,
  };
}
