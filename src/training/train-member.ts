import type * as tf from '@tensorflow/tfjs-core';
import type { Scene } from '../benchmarks/scene/scene.js';
import { uploaded } from '../engine/parameters.js';
import { UserError } from '../errors.js';
import type { LlavaConfig } from '../models/config.js';
import { loadLlama } from '../models/decoders/llama.js';
import { loadLlava } from '../models/llava.js';
import { loadProjector } from '../models/projector.js';
import { type BatchOptions, BEFORE_IMAGE, drawBatch } from './batches.js';
import { type FeatureFile, visionFeatures } from './features.js';
import { initialValues } from './initial-values.js';
import { instructionLoss, type LanguageTraining } from './instruction.js';
import { memberConfig, normalizeFor } from './member-config.js';
import { ALIGN_STAGE, INSTRUCT_STAGE, type Member, TEXT, TEXT_STAGE } from './recipe.js';
import { readSafetensors } from './safetensors.js';
import type { RecordFile } from './scene-pixels.js';
import { finishedStage, resultPath, runStage, type Stage, type StageIo, type StageRecord } from './stage.js';
import { firstOf, type StoredTensor, trainable } from './variables.js';

const TABLE = 'language_model.model.embed_tokens.weight';

export interface TrainingData {
  readonly scenes: readonly Scene[];
  readonly pixels: RecordFile;
  /** The frozen tower's tensors as they ship, rounded to 16 bits. */
  readonly tower: ReadonlyMap<string, StoredTensor>;
  /** Folder of features, checkpoints and curves. */
  readonly folder: string;
}

export type MemberIo = Pick<StageIo, 'onProgress' | 'signal'>;

/** A trained member: its tensors but for the tower's, and what trained them. */
export interface TrainedMember {
  readonly config: LlavaConfig;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly stages: readonly { readonly record: StageRecord; readonly folder: string }[];
}

/** Stages (b) to (d) of one member; each goes on from its checkpoint, finished ones are skipped. */
export async function trainMember(member: Member, data: TrainingData, io: MemberIo): Promise<TrainedMember> {
  const textFolder = `${data.folder}/text-seed${member.seed}`;
  const folder = `${data.folder}/${member.name}`;
  const text = await trainText(member.seed, data.scenes, { folder: textFolder, ...io });
  const { tensors: decoder } = readSafetensors(resultPath(textFolder, 'text'));
  const config = memberConfig(member, normalizeFor(decoder.get(TABLE)!.values, TEXT.hiddenSize));
  const features = await memberFeatures(config, data, io);
  try {
    const start = firstOf(decoder, initialValues(member.seed, TEXT.layers, 0.02));
    const align = await trainAlignment(member, config, start, data.scenes, features, { folder, ...io });
    const { tensors: projector } = readSafetensors(resultPath(folder, 'align'));
    const instruct = await trainInstruction(
      member,
      config,
      firstOf(projector, start),
      data.scenes,
      features,
      {
        folder,
        ...io,
      },
    );
    return {
      config,
      tensors: readSafetensors(resultPath(folder, 'instruct')).tensors,
      stages: [
        { record: text, folder: textFolder },
        { record: align, folder },
        { record: instruct, folder },
      ],
    };
  } finally {
    features.close();
  }
}

/** The frozen features that a configuration's projector reads. */
async function memberFeatures(
  config: LlavaConfig,
  { tower, pixels, folder }: TrainingData,
  io: MemberIo,
): Promise<FeatureFile> {
  const parameters = uploaded(firstOf(tower, initialValues(0, TEXT.layers, 0.02)));
  const model = await loadLlava(parameters, config);
  const kind = `${config.featureLayers.join('_')}${config.featurePostLayerNorm ? '-normed' : ''}`;
  try {
    return await visionFeatures(`${folder}/features${kind}.bin`, model, pixels, (step, steps) =>
      io.onProgress({ stage: 'features', step, steps, loss: null }),
    );
  } finally {
    parameters.dispose();
  }
}

type Start = ReturnType<typeof firstOf>;

/** Stage (b): the decoder on text alone. */
async function trainText(seed: number, scenes: readonly Scene[], io: StageIo): Promise<StageRecord> {
  const done = finishedStage(io.folder, 'text');
  if (done) return done;
  const member: Member = { name: '', seed, variant: 'baseline', poolSide: null };
  const config = memberConfig(member, { eps: 1, max: 1, scale: 1 });
  const from = trainable(initialValues(seed, TEXT.layers, 0.02));
  const decoder = await loadLlama(from, TEXT, 'language_model.');
  const projector = await loadProjector(uploaded(initialValues(seed, TEXT.layers, 0.02)), config);
  const p = { config, projector, decoder, embeddings: tableOf(from.trained) };
  const batch = { kind: 'questions', seed, ...TEXT_STAGE } as const;
  const stage = stageOf('text', TEXT_STAGE.stage, from.trained, p, scenes, null, batch, 0);
  return runStage(stage, io).finally(() => from.dispose());
}

/** Stage (c): the projector on captions; the decoder as it is. */
async function trainAlignment(
  { seed }: Member,
  config: LlavaConfig,
  start: Start,
  scenes: readonly Scene[],
  features: FeatureFile,
  io: StageIo,
): Promise<StageRecord> {
  const done = finishedStage(io.folder, 'align');
  if (done) return done;
  const from = trainable(start);
  const frozen = trainable(start);
  const p = {
    config,
    projector: await loadProjector(from, config),
    decoder: await loadLlama(frozen, TEXT, 'language_model.'),
    embeddings: tableOf(frozen.trained),
  };
  const batch = { kind: 'captions', seed, ...ALIGN_STAGE } as const;
  const stage = stageOf('align', ALIGN_STAGE.stage, from.trained, p, scenes, features, batch, 0);
  return runStage(stage, io).finally(() => {
    from.dispose();
    frozen.dispose();
  });
}

/** Stage (d): projector and decoder on questions of all kinds. */
async function trainInstruction(
  { seed }: Member,
  config: LlavaConfig,
  start: Start,
  scenes: readonly Scene[],
  features: FeatureFile,
  io: StageIo,
): Promise<StageRecord> {
  const done = finishedStage(io.folder, 'instruct');
  if (done) return done;
  const from = trainable(start);
  const p = {
    config,
    projector: await loadProjector(from, config),
    decoder: await loadLlama(from, TEXT, 'language_model.'),
    embeddings: tableOf(from.trained),
  };
  const batch = { kind: 'questions', seed, ...INSTRUCT_STAGE } as const;
  const { stage: options, growing } = INSTRUCT_STAGE;
  const stage = stageOf('instruct', options, from.trained, p, scenes, features, batch, growing);
  return runStage(stage, io).finally(() => from.dispose());
}

function tableOf(trained: Stage['trained']): tf.Tensor2D {
  const table = trained.find(({ name }) => name === TABLE);
  if (!table) throw new UserError(`${TABLE} is not among the trained tensors`);
  return table.variable as unknown as tf.Tensor2D;
}

function stageOf(
  name: string,
  options: Stage['options'],
  trained: Stage['trained'],
  p: LanguageTraining,
  scenes: readonly Scene[],
  features: FeatureFile | null,
  batch: BatchOptions,
  growing: number,
): Stage {
  const { imagesPerStep: images, rows } = batch;
  return {
    name,
    options,
    trained,
    batch: step => {
      const { indices, packed } = drawBatch(scenes, step, mostObjects(step, options.steps, growing), batch);
      return () =>
        instructionLoss(p, {
          images,
          rows,
          before: BEFORE_IMAGE,
          features: features && features.read(indices),
          packed,
        });
    },
  };
}

/** The curriculum: from 2 objects to 6, evenly over the share `growing` of the steps, then 6. */
function mostObjects(step: number, steps: number, growing: number): number {
  return Math.min(6, 2 + Math.floor((5 * step) / (steps * growing || 1)));
}
