import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../errors.js';
import { makeFolderSync } from '../make-folder.js';
import { type AdamWOptions, adamW, cosineSchedule } from './adamw.js';
import { type CurvePoint, readCurve, writeCurve } from './curves.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import { type StoredTensor, storedValues, type Trained } from './variables.js';

/** How a stage is optimised. */
export interface StageOptions {
  readonly steps: number;
  readonly learningRate: number;
  readonly warmup: number;
  readonly optimizer: AdamWOptions;
}

/** One stage of the recipe: what is trained, on which loss. */
export interface Stage {
  readonly name: string;
  readonly options: StageOptions;
  readonly trained: readonly Trained[];
  /** Batch number `step` (counted from 1), made by `step` alone, so that a resumed stage sees what it would have seen. */
  batch(step: number): () => tf.Scalar;
}

export interface StageProgress {
  readonly stage: string;
  readonly step: number;
  readonly steps: number;
  /** Mean of the last few steps; null where nothing is minimised. */
  readonly loss: number | null;
}

export interface StageRecord {
  readonly name: string;
  readonly options: StageOptions;
  readonly seconds: number;
  readonly finalLoss: number;
  readonly interruptions: number;
}

export interface StageIo {
  /** Folder of the checkpoint and the curve. */
  readonly folder: string;
  readonly onProgress: (progress: StageProgress) => void;
  /** Between steps; the stage stops after a checkpoint when it is aborted. */
  readonly signal: AbortSignal;
}

const CHECKPOINT_SECONDS = 60;
/** Steps that one point of a curve averages. */
const POINT_STEPS = 10;

/** Where a stage leaves what it trained: float32, Hugging Face's layout, its record in the metadata. */
export const resultPath = (folder: string, stage: string): string => join(folder, `${stage}.safetensors`);

/** Where a stage's loss curve lies. */
export const curvePath = (folder: string, stage: string): string => join(folder, `${stage}.curve.csv`);

/** The record of a finished stage; null when it is not finished. */
export function finishedStage(folder: string, stage: string): StageRecord | null {
  const path = resultPath(folder, stage);
  if (!existsSync(path)) return null;
  return JSON.parse(readSafetensors(path).metadata.training!) as StageRecord;
}

/**
 * Trains a stage to its end, from its last checkpoint if there is one. The checkpoint holds the parameters, the
 * optimiser's state and the step; batches follow from the step, so nothing else is needed to go on.
 */
export async function runStage(stage: Stage, io: StageIo): Promise<StageRecord> {
  const { name, options, trained } = stage;
  makeFolderSync(io.folder);
  const path = join(io.folder, `${name}.checkpoint.safetensors`);
  const curveFile = curvePath(io.folder, name);
  const optimizer = adamW(trained, options.optimizer);
  const found = existsSync(path) ? restore(path, trained, options, optimizer.restore) : null;
  const start = found?.step ?? 0;
  const points: CurvePoint[] = readCurve(curveFile).filter(point => point.step <= start);
  let seconds = found?.seconds ?? 0;
  const interruptions = found ? found.interruptions + (start < options.steps ? 1 : 0) : 0;
  let mark = performance.now();
  let saved = mark;
  let losses: number[] = [];
  let norms: number[] = [];

  const save = (step: number) => {
    seconds += (performance.now() - mark) / 1000;
    mark = performance.now();
    saved = mark;
    const state = optimizer.state();
    const size = [state.first.length];
    const tensors = new Map<string, StoredTensor>(
      trained.map(t => [t.name, { shape: t.variable.shape, values: t.variable.dataSync<'float32'>() }]),
    );
    tensors.set('optimizer.first', { shape: size, values: state.first });
    tensors.set('optimizer.second', { shape: size, values: state.second });
    const metadata = { step, seconds, interruptions, options };
    writeSafetensors(path, tensors, 'F32', { training: JSON.stringify(metadata) });
    writeCurve(curveFile, points);
  };

  for (let step = start + 1; step <= options.steps; step++) {
    const rate = cosineSchedule(step, options.steps, options.learningRate, options.warmup);
    const { loss, gradientNorm } = optimizer.step(stage.batch(step), step, rate);
    if (!Number.isFinite(loss))
      throw new UserError(`stage ${name}: the loss is ${loss} at step ${step}; lower the learning rate`);
    losses.push(loss);
    norms.push(gradientNorm);
    if (step % POINT_STEPS === 0 || step === options.steps) {
      points.push({ step, loss: mean(losses), gradientNorm: mean(norms), learningRate: rate });
      losses = [];
      norms = [];
      io.onProgress({ stage: name, step, steps: options.steps, loss: points.at(-1)!.loss });
      await new Promise(resolve => setImmediate(resolve));
    }
    const stopping = io.signal.aborted;
    if (step === options.steps || stopping || performance.now() - saved > CHECKPOINT_SECONDS * 1000)
      save(step);
    if (stopping && step < options.steps)
      throw new UserError(`stage ${name} was stopped at step ${step}; the same command goes on from there`);
  }
  const record = { name, options, seconds, finalLoss: points.at(-1)!.loss, interruptions };
  writeSafetensors(resultPath(io.folder, name), storedValues(trained), 'F32', {
    training: JSON.stringify(record),
  });
  rmSync(path, { force: true });
  optimizer.dispose();
  return record;
}

function restore(
  path: string,
  trained: readonly Trained[],
  options: StageOptions,
  restoreOptimizer: (state: { first: Float32Array; second: Float32Array }) => void,
): { step: number; seconds: number; interruptions: number } {
  const { tensors, metadata } = readSafetensors(path);
  const record = JSON.parse(metadata.training!) as {
    step: number;
    seconds: number;
    interruptions: number;
    options: StageOptions;
  };
  if (JSON.stringify(record.options) !== JSON.stringify(options)) {
    throw new UserError(`${path} was trained with other settings; remove it to start again`);
  }
  for (const { name, variable } of trained) setValues(variable, tensors.get(name)!);
  restoreOptimizer({
    first: tensors.get('optimizer.first')!.values,
    second: tensors.get('optimizer.second')!.values,
  });
  return record;
}

function setValues(variable: tf.Variable, { values }: StoredTensor): void {
  const fresh = tf.tensor(values, variable.shape);
  variable.assign(fresh);
  fresh.dispose();
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
