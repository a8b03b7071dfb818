/**
 * Makes a checkpoint folder of any supported shape with random weights in BF16, for measuring time and memory:
 *
 *     npm run build && node scripts/make-random-checkpoint.js OUT --shape llava-interleave-qwen-0.5b
 *
 *     --shape NAME      llava-1.5-7b (14 GB), llava-interleave-qwen-0.5b (1.7 GB; the default)
 *     --config FILE     a config.json of one's own instead
 *     --set KEY=VALUE   changes a key of it, e.g. text_config.num_hidden_layers=2; may be given several times
 *     --seed N          of the weights (default 0)
 *     --zeros           zeros for weights, in a file that takes no room on the disk: to try what loading needs
 *
 * The weights are written as they are drawn, a few MB at a time.
 */
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readLlavaConfig } from '../dist/models/config/read-config.js';
import { neededTensors } from '../dist/models/weights/needed-tensors.js';
import { imageProcessor, shapes, tokenizer } from './model-shapes.js';

const CHUNK = 1 << 21;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: 'string', default: 'llava-interleave-qwen-0.5b' },
    config: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '0' },
    zeros: { type: 'boolean', default: false },
  },
});
const [out] = positionals;
if (out === undefined) throw new Error('name the folder to make');

const config = await configOf(options);
await mkdir(out, { recursive: true });
const writeJson = (name, value) => writeFile(join(out, name), JSON.stringify(value));
await writeJson('config.json', config);
await writeJson('preprocessor_config.json', imageProcessor(config.vision_config));
await writeJson('tokenizer.json', tokenizer(config));
await writeJson('tokenizer_config.json', {
  bos_token: config.text_config.model_type === 'qwen2' ? null : '<s>',
});

// The model itself says what it reads; weights that a configuration is checked against are as it says.
const stored = { has: () => Boolean(config.projector_normalize), shape: () => [], storedName: name => name };
const tensors = await neededTensors(await readLlavaConfig(out, stored));
await writeWeights(join(out, 'model.safetensors'), tensors, options.zeros ? null : Number(options.seed));

async function configOf({ shape, config: file, set }) {
  const config = file ? JSON.parse(await readFile(file, 'utf8')) : structuredClone(shapes[shape]);
  if (!config)
    throw new Error(`shape "${shape}" is not known; shapes are: ${Object.keys(shapes).join(', ')}`);
  for (const pair of set) {
    const [, path, value] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (path === undefined) throw new Error(`--set wants KEY=VALUE, found "${pair}"`);
    const keys = path.split('.');
    const part = keys.slice(0, -1).reduce((at, key) => at[key], config);
    part[keys.at(-1)] = JSON.parse(value);
  }
  return config;
}

/** Writes the safetensors format: header length, JSON header, values (zeros without a seed); the file has its name when it is whole. */
async function writeWeights(path, tensors, seed) {
  const header = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, { shape }] of tensors) {
    const start = end;
    end += 2 * sizeOf(shape);
    header[name] = { dtype: 'BF16', shape, data_offsets: [start, end] };
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));

  const file = await open(`${path}.partial`, 'w');
  await file.writeFile(Buffer.concat([length, json]));
  if (seed === null) await file.truncate(8 + json.length + end);
  const draw = randomBits(seed ?? 0);
  for (const [name, { shape }] of seed === null ? [] : tensors) {
    for (let left = sizeOf(shape); left > 0; left -= CHUNK) {
      await file.writeFile(draw(Math.min(left, CHUNK), scaleOf(name, shape)));
    }
  }
  await file.close();
  await rename(`${path}.partial`, path);
  console.log(`${path}: ${tensors.size} tensors, ${((8 + json.length + end) / 1e9).toFixed(2)} GB`);
}

function sizeOf(shape) {
  return shape.reduce((a, b) => a * b, 1);
}

/** Centre and half width of a tensor's uniform values: norms near 1, matrices such that sizes neither grow nor vanish. */
function scaleOf(name, shape) {
  if (/norm\d?\.weight$|layrnorm\.weight$/.test(name)) return { centre: 1, spread: 0.1 };
  if (shape.length === 1) return { centre: 0, spread: 0.05 };
  if (/embed/.test(name) && !/patch/.test(name)) return { centre: 0, spread: 0.04 };
  return { centre: 0, spread: Math.sqrt(3 / sizeOf(shape.slice(1))) };
}

/** Uniform values as BF16, from xorshift32 (Marsaglia 2003). The buffer that is returned serves again. */
function randomBits(seed) {
  const floats = new Float32Array(CHUNK);
  const words = new Uint32Array(floats.buffer);
  const halves = new Uint16Array(CHUNK);
  let state = (seed * 2654435761 + 88172645) | 0 || 1;
  return (count, { centre, spread }) => {
    for (let i = 0; i < count; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      floats[i] = centre + (state / 2 ** 31) * spread;
    }
    for (let i = 0; i < count; i++) halves[i] = words[i] >>> 16;
    return Buffer.from(halves.buffer, 0, 2 * count);
  };
}
