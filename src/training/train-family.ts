import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uploaded } from '../engine/parameters.js';
import { UsageError } from '../errors.js';
import { makeFolderSync } from '../make-folder.js';
import { loadLlava } from '../models/llava.js';
import { openCheckpoint } from '../models/weights/checkpoint.js';
import type { Scene } from '../world/scene/scene.js';
import { curveChart } from './curve-chart.js';
import { curvesCsv, readCurve } from './curves.js';
import { type Accuracies, CONDITIONS, type Condition, evaluate } from './evaluation.js';
import { exportMember, exportTower } from './export-member.js';
import { registerGradients } from './gradients.js';
import { EMBEDDINGS } from './language-stages.js';
import { measure } from './measure.js';
import { normalizeFor } from './member-config.js';
import { ALIGN_STAGE, FAMILY, INSTRUCTION_ROUNDS, type Member, TEXT, TEXT_STAGE, TOWER } from './recipe.js';
import { readSafetensors, roundedToHalf } from './safetensors.js';
import type { RecordFile } from './scene-pixels.js';
import { curvePath, finishedStage, resultPath, type StageProgress, type StageRecord } from './stage.js';
import { type TrainedMember, trainMember } from './train-member.js';
import { trainingScenes, trainTower } from './train-tower.js';
import type { StoredTensor } from './variables.js';

export interface FamilyOptions {
  /** Members by name; all of them by default. */
  readonly only?: readonly string[] | undefined;
  /** Folder of scenes, features, checkpoints: what lets a stopped training go on. */
  readonly workFolder: string;
  /** Folder of the finished models. */
  readonly outFolder: string;
  /** The engine in words, for the records. */
  readonly engine: string;
  readonly signal: AbortSignal;
  readonly onProgress: (member: string, progress: StageProgress) => void;
  readonly onFinished: (member: string, folder: string) => void;
}

/** Held-out scenes of the final evaluation; each is asked one question of every kind that it allows. */
const EVALUATION_SCENES: Readonly<Record<Condition, number>> = {
  original: 100,
  permuted: 40,
  blank: 20,
  'text-only': 20,
};

/**
 * Trains the miniature's family, one member after the other: finished ones are skipped, unfinished ones go on from their
 * last checkpoint. The vision tower is trained first, once, and then frozen. Needs the native engine.
 */
export async function trainFamily(options: FamilyOptions): Promise<void> {
  const members = selected(options.only);
  registerGradients();
  const { workFolder, outFolder, signal } = options;
  const progress = (name: string) => (p: StageProgress) => options.onProgress(name, p);
  const { scenes, pixels } = await trainingScenes(workFolder, (step, steps) =>
    progress('scenes')({ stage: 'drawing', step, steps, loss: null }),
  );
  try {
    const tower = await frozenTower(options, scenes, pixels, progress('tower'));
    for (const member of members) {
      const folder = join(outFolder, member.name);
      if (existsSync(join(folder, 'training.json'))) continue;
      const io = { signal, onProgress: progress(member.name) };
      const trained = await trainMember(member, { scenes, pixels, tower, folder: workFolder }, io);
      await finish(member, trained, tower, folder, options);
      options.onFinished(member.name, folder);
    }
  } finally {
    pixels.close();
  }
}

function selected(only: readonly string[] | undefined): readonly Member[] {
  const names = FAMILY.map(member => member.name);
  const unknown = only?.find(name => !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`the mini family has no member "${unknown}"; its members: ${names.join(', ')}`);
  }
  return FAMILY.filter(member => !only || only.includes(member.name));
}

/**
 * The tower's tensors as they ship, rounded to 16 bits: that of the family's folder where it is finished, so that members
 * added later, or on another machine, share it; else it is trained, and put there.
 */
async function frozenTower(
  { workFolder, outFolder, engine, signal }: FamilyOptions,
  scenes: readonly Scene[],
  pixels: RecordFile,
  onProgress: (progress: StageProgress) => void,
): Promise<ReadonlyMap<string, StoredTensor>> {
  const shipped = join(outFolder, 'tower');
  if (existsSync(join(shipped, 'training.json'))) return readTower(shipped);
  const folder = join(workFolder, 'tower');
  const record =
    finishedStage(folder, 'tower') ?? (await trainTower(scenes, pixels, { folder, signal, onProgress }));
  const { tensors } = readSafetensors(resultPath(folder, 'tower'));
  // Without the heads that trained it.
  const tower = halved(new Map([...tensors].filter(([name]) => name.startsWith('vision_tower.'))));
  exportTower(outFolder, tower);
  writeRecord(shipped, { engine, recipe: TOWER, stages: [record] }, [{ record, folder }]);
  return tower;
}

async function readTower(folder: string): Promise<ReadonlyMap<string, StoredTensor>> {
  const checkpoint = await openCheckpoint(folder);
  const tensors = new Map<string, StoredTensor>();
  for (const name of checkpoint.names()) {
    tensors.set(name, { shape: checkpoint.shape(name), values: await checkpoint.read(name) });
  }
  await checkpoint.close();
  return tensors;
}

const halved = (tensors: ReadonlyMap<string, StoredTensor>): Map<string, StoredTensor> =>
  new Map([...tensors].map(([name, { shape, values }]) => [name, { shape, values: roundedToHalf(values) }]));

/** Rounds a member to 16 bits, writes it, measures and evaluates what was written, and writes its record. */
async function finish(
  member: Member,
  { config, tensors, stages }: TrainedMember,
  tower: ReadonlyMap<string, StoredTensor>,
  folder: string,
  options: FamilyOptions,
): Promise<void> {
  const language = halved(tensors);
  exportMember(folder, config, language, tower);
  const all = new Map([...tower, ...language]);
  const parameters = uploaded({ read: async name => all.get(name)!.values });
  const model = await loadLlava(parameters, config);
  const accuracy: Partial<Record<Condition, Accuracies>> = {};
  for (const condition of CONDITIONS) {
    accuracy[condition] = await evaluate(model, condition, EVALUATION_SCENES[condition], (step, steps) =>
      options.onProgress(member.name, { stage: `evaluation, ${condition}`, step, steps, loss: null }),
    );
  }
  const measured = await measure(model, all.get(EMBEDDINGS)!.values);
  parameters.dispose();
  const record = {
    member,
    engine: options.engine,
    recipe: { text: TEXT_STAGE, align: ALIGN_STAGE, ...INSTRUCTION_ROUNDS },
    stages: stages.map(s => s.record),
    ...measured,
    /** What + Normalize's constants would be for this table. */
    normalizeFor: normalizeFor(all.get(EMBEDDINGS)!.values, TEXT.hiddenSize),
    accuracy,
  };
  writeRecord(folder, record, stages);
}

/** `curves.csv`, `curves.svg`, and `training.json` last: it says that the model is finished. */
function writeRecord(
  folder: string,
  record: unknown,
  stages: readonly { readonly record: StageRecord; readonly folder: string }[],
): void {
  makeFolderSync(folder);
  const curves = stages.map(stage => ({
    stage: stage.record.name,
    points: readCurve(curvePath(stage.folder, stage.record.name)),
  }));
  writeFileSync(join(folder, 'curves.csv'), curvesCsv(curves));
  writeFileSync(join(folder, 'curves.svg'), curveChart(folder.split('/').at(-1)!, curves));
  writeFileSync(join(folder, 'training.json'), `${JSON.stringify(record, null, 2)}\n`);
}
