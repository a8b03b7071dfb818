import type * as tf from '@tensorflow/tfjs-core';
import { type ParameterSource, uploaded } from '../engine/parameters.js';
import { UserError } from '../errors.js';
import { loadLlama } from '../models/architectures/llama.js';
import type { LlavaConfig } from '../models/config/config.js';
import { loadProjector } from '../models/projector.js';
import type { Scene } from '../world/scene/scene.js';
import { type BatchOptions, BEFORE_IMAGE, drawBatch } from './batches.js';
import { mostObjects } from './curriculum.js';
import type { FeatureFile } from './features.js';
import { initialValues } from './initial-values.js';
import { type InstructionBatch, instructionLoss, type LanguageTraining } from './instruction.js';
import { memberConfig } from './member-config.js';
import {
  ALIGN_STAGE,
  INSTRUCTION_ROUNDS,
  type InstructionRound,
  type Member,
  TEXT,
  TEXT_STAGE,
} from './recipe.js';
import { finishedStage, runStage, type Stage, type StageIo, type StageRecord } from './stage.js';
import { trainable } from './variables.js';

/** Name of the decoder's embedding table. */
export const EMBEDDINGS = 'language_model.model.embed_tokens.weight';

/** Stage (b): the decoder on text alone. */
export async function trainText(seed: number, scenes: readonly Scene[], io: StageIo): Promise<StageRecord> {
  const done = finishedStage(io.folder, 'text');
  if (done) return done;
  const config = memberConfig({ variant: 'baseline', poolSide: null });
  const from = trainable(initialValues(seed, TEXT.layers, 0.02));
  const decoder = await loadLlama(from, TEXT, 'language_model.');
  const unused = uploaded(initialValues(seed, TEXT.layers, 0.02));
  const projector = await loadProjector(unused, config);
  const p = { config, projector, decoder, embeddings: tableOf(from.trained) };
  const batch = { kind: 'questions', seed, ...TEXT_STAGE } as const;
  const stage = stageOf('text', TEXT_STAGE.stage, from.trained, p, scenes, null, batch, 0);
  return runStage(stage, io).finally(() => {
    from.dispose();
    unused.dispose();
  });
}

/** Stage (c): the projector on captions; the decoder as it is. */
export async function trainAlignment(
  { seed }: Member,
  config: LlavaConfig,
  start: ParameterSource,
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

/** A round of stage (d): projector and decoder on questions. */
export async function trainInstruction(
  name: InstructionRound,
  { seed }: Member,
  config: LlavaConfig,
  start: ParameterSource,
  scenes: readonly Scene[],
  features: FeatureFile,
  io: StageIo,
): Promise<StageRecord> {
  const done = finishedStage(io.folder, name);
  if (done) return done;
  const from = trainable(start);
  const p = {
    config,
    projector: await loadProjector(from, config),
    decoder: await loadLlama(from, TEXT, 'language_model.'),
    embeddings: tableOf(from.trained),
  };
  const { stage: options, growing, alike, ...rest } = INSTRUCTION_ROUNDS[name];
  const round = Object.keys(INSTRUCTION_ROUNDS).indexOf(name) + 1;
  const batch = { kind: 'questions', round, seed, ...rest } as const;
  const stage = stageOf(name, options, from.trained, p, scenes, features, batch, growing, alike);
  return runStage(stage, io).finally(() => from.dispose());
}

function tableOf(trained: Stage['trained']): tf.Tensor2D {
  const table = trained.find(({ name }) => name === EMBEDDINGS);
  if (!table) throw new UserError(`${EMBEDDINGS} is not among the trained tensors`);
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
  alike: InstructionBatch['alike'] = 'tokens',
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
          features: features?.read(indices) ?? null,
          packed,
          alike,
        });
    },
  };
}
