import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A recorded tensor: row by row. */
interface RecordedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A greedy answer, the stop token included when one came, and the gap between the first and second logit of each token. */
interface RecordedAnswer {
  readonly tokenIds: readonly number[];
  readonly text: string;
  readonly margins: readonly number[];
}

/**
 * Added to the attention logits of every query from `firstQuery` on at the keys [from, to), in all heads of the layers
 * [from, to), counted from 0.
 */
export interface RecordedBias extends RecordedAnswer {
  readonly value: number | '-Infinity';
  readonly firstQuery: number;
  readonly keys: readonly [number, number];
  readonly layers: readonly [number, number];
}

/** `reference.json` of a checkpoint; `parity/README.md` says what each key is. */
interface ModelRecord {
  readonly shape: string;
  readonly template: string;
  readonly imageTokenId: number;
  readonly imageStart: number;
  readonly visionTokens: number;
  readonly eosTokenIds: readonly number[];
  readonly featureLayers: readonly number[];
  readonly prompts: readonly { readonly question: string; readonly tokenIds: readonly number[] }[];
  readonly generations: readonly (RecordedAnswer & {
    readonly question: string;
    readonly promptTokenIds: readonly number[];
  })[];
  readonly interventions: {
    readonly permute: RecordedAnswer & { readonly permutation: readonly number[] };
    readonly positions: RecordedAnswer & { readonly positionIds: readonly number[] };
    readonly grid: { readonly positionPairs: readonly (readonly [number, number])[] };
    readonly patch: { readonly layer: number; readonly tokens: readonly number[] };
    readonly knockout: RecordedBias;
    readonly bias: RecordedBias;
  };
}

/** A small checkpoint and what transformers computed with it. */
export interface ModelFixture {
  readonly name: string;
  /** Folder of the checkpoint, as Hugging Face or LLaVA lays it out. */
  readonly checkpoint: string;
  /** Folder of the vision tower, which checkpoints in LLaVA's own naming keep apart. */
  readonly visionTower: string | undefined;
  /** The picture the recordings are about. */
  readonly image: string;
  readonly record: ModelRecord;
  /** A recorded tensor by name; throws when there is none. */
  tensor(name: string): RecordedTensor;
}

/** The recorded checkpoints: five in Hugging Face's layout, three in LLaVA's own, the paper's variants among these. */
export const MODEL_FIXTURES = [
  'mha-untied',
  'gqa-tied',
  'bf16-multilayer',
  'llava-baseline',
  'llava-normalize-multilayer',
  'llava-normalize-multilayer-pool',
  'siglip-qwen2',
  'clip-qwen2-full',
] as const;

const MODELS = new URL('../../parity/fixtures/models/', import.meta.url);

export function readModelFixture(name: (typeof MODEL_FIXTURES)[number]): ModelFixture {
  const path = (relative: string) => fileURLToPath(new URL(`${name}/${relative}`, MODELS));
  return {
    name,
    checkpoint: path('checkpoint'),
    visionTower: existsSync(path('vision-tower')) ? path('vision-tower') : undefined,
    image: path('image.png'),
    record: JSON.parse(readFileSync(path('reference.json'), 'utf8')),
    tensor: readTensors(path('reference.safetensors')),
  };
}

/** `diagnostics.json` of the one checkpoint that has it; `parity/README.md` says what each key is. */
interface DiagnosticsRecord {
  readonly question: string;
  readonly promptTokenIds: readonly number[];
  readonly answerTokenIds: readonly number[];
  /** [from, to) of each kind of token. */
  readonly spans: Readonly<Record<TokenKind | 'answer', readonly [number, number]>>;
  readonly embeddingNorms: {
    readonly vision: readonly number[];
    readonly captions: readonly {
      readonly text: string;
      readonly tokenIds: readonly number[];
      readonly norms: readonly number[];
    }[];
  };
  readonly attention: {
    readonly tokenEntropies: readonly number[];
    readonly answerRow: readonly number[];
    readonly answerEntropy: number;
    readonly followingEntropy: number;
    readonly visionMasses: readonly number[];
  };
  readonly balance: {
    readonly masses: Readonly<Record<TokenKind | 'answer', ByLayerAndHead>>;
    readonly visionShare: ByLayerAndHead;
    readonly visionShareAfterImage: ByLayerAndHead;
    readonly systemShare: ByLayerAndHead;
    readonly userShare: ByLayerAndHead;
    readonly systemShareBySteps: readonly number[];
  };
  readonly ropeSensitivity: {
    readonly delta: number;
    readonly alpha: ByLayerAndHead;
    readonly deltaAlpha: ByLayerAndHead;
    readonly deltaG: ByLayerAndHead;
  };
  readonly queriesKeys: readonly Readonly<
    Record<`${'vision' | 'text'}${'QueryNorm' | 'KeyNorm' | 'Logit' | 'Mass'}`, number>
  >[];
  /** Embeddings, then each layer's output. */
  readonly hiddenNorms: Readonly<Record<TokenKind, readonly number[]>>;
  readonly turnRates: Readonly<Record<TokenKind, readonly number[]>>;
  readonly phaseStep: Readonly<
    Record<'turned' | 'outputOverResidual', Readonly<Record<TokenKind, readonly number[]>>>
  >;
}

type TokenKind = 'bos' | 'system' | 'role' | 'vision' | 'user';
type ByLayerAndHead = readonly (readonly number[])[];

/** The diagnostics of one checkpoint, and their tensors by name. */
export function readDiagnosticsFixture(): {
  readonly model: ModelFixture;
  readonly record: DiagnosticsRecord;
  readonly tensor: (name: string) => RecordedTensor;
} {
  const file = (extension: string) => fileURLToPath(new URL(`gqa-tied/diagnostics.${extension}`, MODELS));
  return {
    model: readModelFixture('gqa-tied'),
    record: JSON.parse(readFileSync(file('json'), 'utf8')),
    tensor: readTensors(file('safetensors')),
  };
}

/** Normalising and pooling alone: recorded inputs and outputs, by name. */
export const readPartsFixture = (): ((name: string) => RecordedTensor) =>
  readTensors(fileURLToPath(new URL('parts/reference.safetensors', MODELS)));

/** Reads a safetensors file of float32 tensors: 8 bytes of header length, the header (JSON), the numbers. */
function readTensors(file: string): (name: string) => RecordedTensor {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header: Record<string, { shape: number[]; data_offsets: [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, start),
  );
  return name => {
    const entry = header[name];
    if (!entry) throw new Error(`${file} has no tensor "${name}"; it has ${Object.keys(header).join(', ')}`);
    const [from, to] = entry.data_offsets;
    const copy = new Uint8Array(bytes.subarray(start + from, start + to));
    return { shape: entry.shape, data: new Float32Array(copy.buffer) };
  };
}
