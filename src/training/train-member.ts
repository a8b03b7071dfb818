import { createHash } from 'node:crypto';
import { uploaded } from '../engine/parameters.js';
import type { LlavaConfig } from '../models/config/config.js';
import { loadLlava } from '../models/llava.js';
import type { Scene } from '../world/scene/scene.js';
import { type FeatureFile, visionFeatures } from './features.js';
import { initialValues } from './initial-values.js';
import { trainAlignment, trainInstruction, trainText } from './language-stages.js';
import { memberConfig } from './member-config.js';
import { INSTRUCTION_ROUNDS, type InstructionRound, type Member, TEXT } from './recipe.js';
import { readSafetensors } from './safetensors.js';
import type { RecordFile } from './scene-pixels.js';
import { resultPath, type StageIo, type StageRecord } from './stage.js';
import { firstOf, type StoredTensor } from './variables.js';

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

const ROUNDS = Object.keys(INSTRUCTION_ROUNDS) as InstructionRound[];

/** Stages (b) to (d) of one member; each goes on from its checkpoint, finished ones are skipped. */
export async function trainMember(member: Member, data: TrainingData, io: MemberIo): Promise<TrainedMember> {
  const textFolder = `${data.folder}/text-seed${member.seed}`;
  const folder = `${data.folder}/${member.name}`;
  const text = await trainText(member.seed, data.scenes, { folder: textFolder, ...io });
  const { tensors: decoder } = readSafetensors(resultPath(textFolder, 'text'));
  const config = memberConfig(member);
  const features = await memberFeatures(config, data, io);
  try {
    const start = firstOf(decoder, initialValues(member.seed, TEXT.layers, 0.02));
    const align = await trainAlignment(member, config, start, data.scenes, features, { folder, ...io });
    const { tensors: projector } = readSafetensors(resultPath(folder, 'align'));
    const rounds: StageRecord[] = [];
    let values = firstOf(projector, start);
    for (const round of ROUNDS) {
      const stageIo = { folder, ...io };
      rounds.push(await trainInstruction(round, member, config, values, data.scenes, features, stageIo));
      values = firstOf(readSafetensors(resultPath(folder, round)).tensors, start);
    }
    return {
      config,
      tensors: readSafetensors(resultPath(folder, ROUNDS.at(-1)!)).tensors,
      stages: [
        { record: text, folder: textFolder },
        { record: align, folder },
        ...rounds.map(record => ({ record, folder })),
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
  const hash = createHash('sha256');
  for (const name of [...tower.keys()].sort()) hash.update(tower.get(name)!.values);
  const kind = `${config.featureLayers.join('_')}${config.featurePostLayerNorm ? '-normed' : ''}-${hash.digest('hex').slice(0, 12)}`;
  try {
    return await visionFeatures(`${folder}/features${kind}.bin`, model, pixels, (step, steps) =>
      io.onProgress({ stage: 'features', step, steps, loss: null }),
    );
  } finally {
    parameters.dispose();
  }
}
