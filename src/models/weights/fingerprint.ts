import { createHash, type Hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf, UserError } from '../../errors.js';
import type { SafetensorsFile } from './safetensors.js';

/** The JSON files that decide, beside the weights, what a checkpoint answers. */
const SMALL_FILES = [
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'vlm-spatial.json',
  'chat_template.jinja',
  'chat_template.json',
  'special_tokens_map.json',
  'added_tokens.json',
];

/** Weights up to this size are hashed whole. */
const WHOLE = 2 ** 30;
const CHUNK = 2 ** 23;
/** Of larger weights, so many bytes from the start of every tensor. */
const SAMPLE = 4096;

/**
 * A hash that tells checkpoints apart, whatever folder they lie in: SHA-256 over the JSON files (config, tokenizer,
 * image processor, preset) and the weights. Up to 1 GiB of weights are hashed whole (`sha256:…`); of more, each file's
 * size and header and the first 4 KiB of each tensor (`sampled-sha256:…`), which takes a second instead of minutes:
 * two trainings of one architecture differ there, a single edited value further on would not show.
 */
export async function fingerprintOf(
  folders: readonly string[],
  files: readonly SafetensorsFile[],
): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) {
    for (const name of SMALL_FILES) await addSmallFile(hash, folder, name);
  }
  const whole = files.reduce((n, file) => n + file.byteLength, 0) <= WHOLE;
  for (const file of files) {
    hash.update(`${basename(file.path)}\0${file.byteLength}\0`);
    await (whole ? addRange(hash, file, 0, file.byteLength) : addSamples(hash, file));
  }
  return `${whole ? '' : 'sampled-'}sha256:${hash.digest('hex')}`;
}

async function addSmallFile(hash: Hash, folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  try {
    const content = await readFile(path);
    hash.update(`${name}\0${content.length}\0`).update(content);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new UserError(`${path}: cannot be read (${messageOf(error)})`);
  }
}

async function addRange(hash: Hash, file: SafetensorsFile, from: number, to: number): Promise<void> {
  const buffer = new Uint8Array(Math.min(CHUNK, to - from));
  for (let position = from; position < to; position += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, to - position));
    await file.readInto(part, position);
    hash.update(part);
  }
}

async function addSamples(hash: Hash, file: SafetensorsFile): Promise<void> {
  const inOrder = [...file.tensors.values()].sort((a, b) => a.position - b.position);
  await addRange(hash, file, 0, inOrder[0]?.position ?? file.byteLength);
  for (const { position, byteLength } of inOrder) {
    await addRange(hash, file, position, position + Math.min(byteLength, SAMPLE));
  }
}
