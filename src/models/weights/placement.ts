import type { Rest } from '../../engine/kernels.js';
import type { MachineMemory } from '../../engine/machine-memory.js';
import { gib } from '../../engine/memory.js';
import { UserError } from '../../errors.js';
import { type LlavaConfig, patchGrid } from '../config/config.js';
import type { NeededTensor } from './needed-tensors.js';

/** What is asked of the weights; `auto` leaves it to the memory there is. */
export interface WeightOptions {
  /** In what kernels rest: float32, or the checkpoint's own 16 bits, which only engines of TensorFlow can keep. */
  readonly dtype?: 'auto' | 'float32' | 'checkpoint';
  /** Whether the decoder's layers stay in memory or are read anew for each pass. */
  readonly weights?: 'auto' | 'resident' | 'streamed';
  /** Most questions that will be answered side by side; default: as many as an experiment does. */
  readonly questions?: number;
}

/** What there is to put the weights in. */
export interface Room {
  /** Bytes that the engine's tensors may take; null where only the machine limits it. */
  readonly engine: number | null;
  readonly machine: MachineMemory;
  /** Whether the engine can keep weights as they are stored. */
  readonly keepsStored: boolean;
  /** Whether the engine's memory is its own, a GPU's, and not the process's. */
  readonly apart: boolean;
}

/** Where and how the weights of a model rest. */
export interface Placement {
  readonly rest: Rest;
  readonly streamed: boolean;
}

/** A tensor that is needed, with the bytes it has in its file. */
export type Stored = NeededTensor & { readonly name: string; readonly byteLength: number };

/** Kernels that in float32 take no more than this are widened when they are read: every later product is a call shorter. */
const SMALL = 512 * 2 ** 20;

/** Questions that experiments answer side by side (`experiments/answer`), and tokens of each, its answer among them. */
const QUESTIONS = 32;
const QUESTION_TOKENS = 32;
/** Text before the image. */
const PREFIX_TEXT = 64;
/** What loading takes beside the weights: the tokenizer, the checkpoint's headers. */
const LOADING = 128 * 2 ** 20;

/** The decoder layer whose kernel that is; null for others. Where weights are streamed, layers are read anew for each pass. */
export function streamedLayer(name: string): number | null {
  const layer = /^language_model\.model\.layers\.(\d+)\./.exec(name)?.[1];
  return layer === undefined ? null : Number(layer);
}

/**
 * How the weights of the checkpoint `dir` rest in the room that there is, as `options` ask; weights, keys and values and
 * intermediate results are counted. UserError where they do not fit, with what is needed, what there is and what would help.
 */
export function placeWeights(
  dir: string,
  config: LlavaConfig,
  tensors: readonly Stored[],
  { dtype = 'auto', weights = 'auto', questions = QUESTIONS }: WeightOptions,
  room: Room,
): Placement {
  if (dtype === 'checkpoint' && !room.keepsStored) {
    throw new UserError(
      'dtype checkpoint: this engine keeps weights in float32 only; leave out --dtype, or use --backend native',
    );
  }
  const working = workingBytes(config, questions);
  const wide = total(tensors.filter(isKernel).map(floats));
  const stored = room.keepsStored && dtype !== 'float32' && !(dtype === 'auto' && wide <= SMALL);
  const needs = (streamed: boolean, inStored: boolean) =>
    bytesOf(tensors, streamed, inStored, working, room.apart);
  const fits = (need: Need) =>
    need.machine <= room.machine.bytes && (room.engine === null || need.engine <= room.engine);

  const resident = needs(false, stored);
  const streamed = needs(true, stored);
  const streams = weights === 'streamed' || (weights === 'auto' && !fits(resident));
  const chosen = streams ? streamed : resident;
  if (!fits(chosen)) {
    throw new UserError(
      `${dir} does not fit: ${shortage(chosen, stored, `${gib(working)} for keys, values and intermediate results of ${counted(questions)}`, room)}. ${advice(
        [
          [stored ? null : needs(streams, true), room.keepsStored, '--dtype checkpoint'],
          [streamed, !streams, '--weights streamed'],
        ],
        fits,
        room,
      )}`,
    );
  }
  const inFloats = needs(false, false);
  const comfortable =
    room.engine === null ? 2 * inFloats.machine <= room.machine.bytes : 2 * inFloats.engine <= room.engine;
  return {
    rest: {
      dtype: stored ? 'checkpoint' : 'float32',
      keepWidened: dtype === 'auto' && comfortable,
    },
    streamed: streams,
  };
}

interface Need {
  /** Bytes of the engine's tensors, of all that the process takes, and of the weights alone. */
  readonly engine: number;
  readonly machine: number;
  readonly weights: number;
}

function bytesOf(
  tensors: readonly Stored[],
  streamed: boolean,
  stored: boolean,
  working: number,
  apart: boolean,
): Need {
  const kernels = tensors.filter(isKernel);
  const layerOf = ({ name }: Stored) => (streamed ? streamedLayer(name) : null);
  const resident = kernels.filter(kernel => layerOf(kernel) === null);
  const layers = new Map<number, number>();
  for (const kernel of kernels) {
    const layer = layerOf(kernel);
    if (layer !== null) layers.set(layer, (layers.get(layer) ?? 0) + kernel.byteLength);
  }
  // Two layers are in memory: the one that computes, and the next, which is read.
  const window = 2 * Math.max(0, ...layers.values());
  const held = total(resident.map(k => (stored ? k.byteLength : floats(k))));
  const others = total(tensors.filter(t => t.uses.includes('other')).map(floats));
  // A tied head is made of the table's own bytes where both rest as stored.
  const tables = total(
    tensors.filter(t => t.uses.includes('table') && !(stored && isKernel(t))).map(t => t.byteLength),
  );
  // Widened, or laid out for the engine, one kernel at a time is there twice.
  const largest = Math.max(0, ...kernels.map(floats));
  const engine = held + others + largest + working;
  const process = (apart ? largest : engine) + tables + window + LOADING;
  return { engine, machine: process, weights: held + others + tables + window };
}

/**
 * Bytes of keys, values and intermediate results of a pass at its largest: an image's tokens, or `questions` on it side by
 * side.
 */
export function workingBytes({ text, vision }: LlavaConfig, questions: number): number {
  const positions = patchGrid(vision) ** 2 + 1;
  const prefix = positions + PREFIX_TEXT;
  const own = questions * QUESTION_TOKENS;
  const cache = 2 * text.layers * text.kvHeads * text.headDim * (prefix + own);
  const rows = Math.max(prefix, own);
  const decoder = rows * (6 * text.hiddenSize + 3 * text.intermediateSize) + own * (prefix + own);
  const logits = 2 * questions * text.vocabSize;
  const states = (vision.layers + 8) * positions * vision.hiddenSize;
  const tower = states + 2 * positions * vision.intermediateSize + 2 * vision.heads * positions ** 2;
  return 4 * (cache + Math.max(decoder + logits, tower));
}

const counted = (questions: number): string => (questions === 1 ? 'one question' : `${questions} questions`);

function shortage({ engine, machine, weights }: Need, stored: boolean, working: string, room: Room): string {
  const parts = `${gib(weights)} for weights ${stored ? 'as they are stored' : 'in float32'}, ${working}`;
  return room.engine !== null && engine > room.engine
    ? `it needs ${gib(engine)} in the engine (${parts}), which can hold ${gib(room.engine)}`
    : `it needs ${gib(machine)} (${parts}), and ${gib(room.machine.bytes)} is ${room.machine.source}`;
}

function advice(
  ways: readonly (readonly [Need | null, boolean, string])[],
  fits: (need: Need) => boolean,
  { keepsStored }: Room,
): string {
  const helpful = ways.flatMap(([need, open, flag]) =>
    need && open && fits(need) ? [`${flag} (needs ${gib(need.machine)})`] : [],
  );
  const engines = keepsStored ? [] : ['the native engine (vlm-spatial native, then --backend native)'];
  return `Use ${[...helpful, ...engines, 'a smaller model, or a machine with more memory'].join(', ')}`;
}

const isKernel = ({ uses }: NeededTensor): boolean => uses.includes('kernel');
const floats = ({ shape }: NeededTensor): number => 4 * shape.reduce((n, d) => n * d, 1);
const total = (bytes: readonly number[]): number => bytes.reduce((a, b) => a + b, 0);
