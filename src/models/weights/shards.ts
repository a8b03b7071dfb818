import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { parseAs, readJson } from '../config/json-file.js';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** A file of the folder itself or of one beside it (`../tower/model.safetensors`: several models' shared tower). */
const inReach = (file: string) => basename(file) === file.replace(/^\.\.\/[\w.-]*\w[\w.-]*\//, '');

const indexSchema = z.object({
  weight_map: z.record(
    z.string(),
    z.string().refine(inReach, 'expected a file name, alone or in a folder beside this one'),
  ),
});

/** The files a folder's weights are in, and which tensors its index (if it has one) promises in each. */
export interface Shards {
  readonly files: readonly string[];
  readonly promised: ReadonlyMap<string, string>;
}

/** `model.safetensors`, or the shards of `model.safetensors.index.json`; UserError when some or all are missing. */
export async function findShards(dir: string): Promise<Shards> {
  const present = await readdir(dir).catch(error => {
    throw new UserError(
      `${dir}: expected the folder of a checkpoint, but it cannot be read (${messageOf(error)})`,
    );
  });
  if (present.includes(SINGLE)) return { files: [join(dir, SINGLE)], promised: new Map() };
  if (!present.includes(INDEX)) throw noWeights(dir, present);

  const indexFile = join(dir, INDEX);
  const { weight_map } = parseAs(indexSchema, await readJson(indexFile, 'download it'), indexFile);
  const shards = [...new Set(Object.values(weight_map))].sort();
  const missing = shards.filter(file => !existsSync(join(dir, file)));
  if (missing.length > 0) {
    throw new UserError(
      `${dir}: ${missing.length} of ${shards.length} shards are missing: ${missing.join(', ')}; download them`,
    );
  }
  const promised = Object.entries(weight_map).map(([name, file]): [string, string] => [
    name,
    join(dir, file),
  ]);
  return { files: shards.map(file => join(dir, file)), promised: new Map(promised) };
}

function noWeights(dir: string, present: readonly string[]): UserError {
  if (present.some(file => /^pytorch_model.*\.bin/.test(file))) {
    return new UserError(
      `${dir}: holds PyTorch .bin weights, which are read as safetensors only; convert them with "python scripts/convert_bin_to_safetensors.py ${dir}"`,
    );
  }
  return new UserError(
    `${dir}: expected ${SINGLE} or ${INDEX}, found ${present.length > 0 ? [...present].sort().join(', ') : 'an empty folder'}; download the weights or name another folder`,
  );
}
