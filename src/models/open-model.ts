import { type MachineMemory, machineMemory } from '../engine/machine-memory.js';
import { gib } from '../engine/memory.js';
import { type ParameterSource, type Parameters, uploaded } from '../engine/parameters.js';
import { onTensorFlow } from '../engine/tensorflow-matrix.js';
import { UserError } from '../errors.js';
import { type Progress, silent } from '../work.js';
import { architecture, decoders } from './architectures/index.js';
import type { LlavaConfig } from './config/config.js';
import type { GenerationConfig } from './config/generation.js';
import { readPreset } from './config/preset.js';
import { refuseQuantisedTensors } from './config/quantised.js';
import { readConfig } from './config/read-config.js';
import type { ImageProcessorConfig } from './images/processor-config.js';
import { readImageProcessor } from './images/processor-config.js';
import { type Llava, loadLlava } from './llava.js';
import { type ChatTemplate, chatTemplate } from './text/chat-template.js';
import { type ImageText, promptTemplate } from './text/prompt.js';
import { openTokenizer, type Tokenizer } from './text/tokenizer.js';
import { type Checkpoint, openCheckpoint } from './weights/checkpoint.js';
import { type LayerStream, openLayerStream } from './weights/layer-stream.js';
import { type NeededTensor, neededTensors } from './weights/needed-tensors.js';
import { placeWeights, streamedLayer, type WeightOptions } from './weights/placement.js';

/** A checkpoint, ready to be asked. */
export interface OpenedModel {
  readonly llava: Llava;
  readonly tokenizer: Tokenizer;
  readonly processor: ImageProcessorConfig;
  readonly imageText: ImageText;
  /** The text of `chosenTemplate`. */
  template(asked: string | undefined, otherwise?: string): string;
  /**
   * The template to use, and why: the one asked for, the preset's, the folder's own chat template, the decoder's, else
   * `otherwise` (LLaVA-1.5's). UserError where the folder's own would be used and cannot be rendered.
   */
  chosenTemplate(asked: string | undefined, otherwise?: string): ChosenTemplate;
  /** The checkpoint's own text after every question; undefined leaves it to the benchmark. */
  readonly suffix: string | undefined;
  /** Ids that end an answer. */
  readonly stopIds: readonly number[];
  /** What generation_config.json asks for beyond them: named, and obeyed where a caller passes on its `rules()`. */
  readonly generation: GenerationConfig;
  /** Identifies weights and configuration. */
  readonly fingerprint: string;
  /** Whether the decoder's layers are read anew for each pass. */
  readonly streamed: boolean;
  /** Frees the weights. */
  dispose(): void;
}

/** A prompt template, and where it comes from, for people: `the folder's own chat template (…/chat_template.jinja)`. */
interface ChosenTemplate {
  readonly text: string;
  readonly why: string;
}

export interface OpenModelOptions extends WeightOptions {
  /** Folder of the vision tower, for checkpoints in LLaVA's own format. */
  readonly visionTower?: string | undefined;
  /** Bytes that the engine may hold; null or left out where only the machine's memory limits it. */
  readonly memoryLimit?: number | null;
  /** Memory that the process may take; by default what the machine says now. */
  readonly machine?: MachineMemory;
  /** Told how much of the weights is loaded, where that takes long enough to be seen. */
  readonly progress?: Progress;
}

/** Weights from so many bytes on take long enough to load that a bar helps. */
const SHOWN = 64 * 2 ** 20;

/**
 * Opens a LLaVA checkpoint folder (config.json, safetensors, tokenizer.json, preprocessor_config.json) on the current
 * engine. UserError naming the file or tensor when something is missing, broken or not supported, and, before anything is
 * loaded, when the model does not fit the memory there is.
 */
export async function openModel(dir: string, options: OpenModelOptions = {}): Promise<OpenedModel> {
  const preset = await readPreset(dir);
  const { visionTower, progress = silent } = options;
  const { generation, withWeights } = await readConfig(dir, { visionTower, overrides: preset.config });
  const checkpoint = await openWithTower(dir, visionTower);
  let parameters: Parameters | null = null;
  let stream: LayerStream | null = null;
  try {
    refuseQuantisedTensors(checkpoint.storedNames(), dir);
    refuseUnrecognised(dir, checkpoint.unrecognised);
    const config = withWeights(checkpoint);
    const processor = await readImageProcessor(dir, { visionTower, pad: preset.pad });
    refuseOtherSize(dir, processor, config);
    const needed = await neededTensors(config);
    const { rest, streamed } = placeWeights(
      dir,
      config,
      [...needed].map(([name, tensor]) => ({
        ...tensor,
        name,
        byteLength: checkpoint.stored(name, tensor.shape).byteLength,
      })),
      options,
      {
        engine: options.memoryLimit ?? null,
        machine: options.machine ?? machineMemory(),
        keepsStored: onTensorFlow(),
        apart: onTensorFlow() && typeof options.memoryLimit === 'number',
      },
    );
    const tokenizer = await openTokenizer(dir, {
      imageTokenId: config.imageTokenId,
      maxTokens: config.text.maxPositions,
    });
    const chat = preset.template === undefined ? await chatTemplateOf(dir, tokenizer) : null;
    const chosenTemplate = templateChooser(preset.template, chat, config.text.modelType);
    const names = streamed ? layersOf([...needed.keys()]) : null;
    if (names) stream = openLayerStream(names, name => checkpoint.stored(name));
    parameters = uploaded(telling(checkpoint, needed, progress), { rest, stream });
    const { dispose } = parameters;
    const llava = await loadLlava(parameters, config);
    progress.stop();
    return {
      llava,
      tokenizer,
      processor,
      imageText: preset.imageText ?? (chat && !('error' in chat) ? 'whole' : 'separate'),
      chosenTemplate,
      template: (asked, otherwise) => chosenTemplate(asked, otherwise).text,
      suffix: preset.suffix,
      stopIds: config.text.eosTokenIds,
      generation,
      fingerprint: await checkpoint.fingerprint(),
      streamed,
      dispose: () => {
        dispose();
        stream?.close();
      },
    };
  } catch (error) {
    parameters?.dispose();
    stream?.close();
    progress.stop();
    throw error;
  } finally {
    await checkpoint.close();
  }
}

/** Names of the decoder's kernels among `names`, layer by layer. */
function layersOf(names: readonly string[]): string[][] {
  const layers: string[][] = [];
  for (const name of names) {
    const layer = streamedLayer(name);
    if (layer === null) continue;
    layers[layer] ??= [];
    layers[layer].push(name);
  }
  return layers;
}

/** The checkpoint, telling `progress` how many bytes of the needed tensors have been read. */
function telling(
  checkpoint: Checkpoint,
  needed: ReadonlyMap<string, NeededTensor>,
  progress: Progress,
): ParameterSource {
  const bytesOf = (name: string) => checkpoint.stored(name).byteLength;
  const total = [...needed.keys()].reduce((sum, name) => sum + bytesOf(name), 0);
  if (total < SHOWN) return checkpoint;
  let done = 0;
  const told = (name: string) => {
    done += bytesOf(name);
    progress.update(done);
  };
  progress.start('loading the model', total, gib);
  return {
    read: async (name, shape) => {
      const values = await checkpoint.read(name, shape);
      told(name);
      return values;
    },
    stored: (name, shape) => {
      const stored = checkpoint.stored(name, shape);
      const readInto = async (target: Uint8Array) => {
        await stored.readInto(target);
        told(name);
      };
      return { ...stored, readInto };
    },
  };
}

/** The folder's chat template; what is wrong with it is said only where it would be used. */
async function chatTemplateOf(
  dir: string,
  tokenizer: Tokenizer,
): Promise<ChatTemplate | { error: UserError } | null> {
  try {
    return await chatTemplate(dir, tokenizer, tokenizer.imageToken);
  } catch (error) {
    if (error instanceof UserError) return { error };
    throw error;
  }
}

function templateChooser(
  preset: string | undefined,
  chat: ChatTemplate | { error: UserError } | null,
  decoder: string,
): OpenedModel['chosenTemplate'] {
  return (asked, otherwise = 'vicuna_v1') => {
    if (asked !== undefined) return { text: promptTemplate(asked), why: 'asked for' };
    if (preset !== undefined)
      return { text: promptTemplate(preset), why: "the checkpoint's preset (vlm-spatial.json)" };
    if (chat && 'error' in chat) throw chat.error;
    if (chat)
      return { text: promptTemplate(chat.text), why: `the folder's own chat template (${chat.source})` };
    const own = architecture<{ readonly chatTemplate: string | null }>(
      decoders,
      decoder,
      'decoder',
    ).chatTemplate;
    if (own)
      return {
        text: promptTemplate(own),
        why: `a ${decoder} decoder's, since the folder has no chat template`,
      };
    return { text: promptTemplate(otherwise), why: "the protocol's, since the folder has no chat template" };
  };
}

/** A checkpoint's weights, with those of the vision tower's folder where it has no tower of its own. */
async function openWithTower(dir: string, visionTower: string | undefined): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(dir);
  if (!visionTower || checkpoint.names().some(name => name.startsWith('vision_tower.'))) return checkpoint;
  await checkpoint.close();
  return openCheckpoint([dir, visionTower]);
}

/** The image processor's square and the tower's must be of one size: positions are learned for that size. */
function refuseOtherSize(dir: string, { side }: ImageProcessorConfig, { vision }: LlavaConfig): void {
  if (side === vision.imageSize) return;
  throw new UserError(
    `${dir}: expected images of ${vision.imageSize}×${vision.imageSize} pixels, the vision tower's image_size; found an image processor that makes ${side}×${side}; set size and crop_size of the image processor to ${vision.imageSize}, or use the processor that came with the tower`,
  );
}

/** Tensors that no LLaVA we know has: another architecture, whose answers would be wrong without a word. */
function refuseUnrecognised(dir: string, names: readonly string[]): void {
  if (names.length === 0) return;
  throw new UserError(
    `${dir} has ${names.length} tensors that no supported model uses, e.g. "${names[0]}"; it is another architecture`,
  );
}
