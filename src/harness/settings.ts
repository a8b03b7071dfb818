import type { EngineOptions } from '../engine/backend.js';
import type { WeightOptions } from '../models/weights/placement.js';
import type { CommonOptions } from './options.js';
import type { ProtocolOptions } from './protocol.js';
import type { Selection } from './select-images.js';
import { shardOf } from './shard.js';

/** Which models and which data are run. */
export interface Subject
  extends Pick<
    CommonOptions,
    'suite' | 'model' | 'visionTower' | 'bench' | 'data' | 'scorer' | 'split' | 'images' | 'datasets'
  > {}

/** The settings of a call, each part as those take it who work by it. */
export interface Settings {
  readonly subject: Subject;
  /** How questions are put and answers graded. */
  readonly asking: ProtocolOptions;
  readonly selection: Selection;
  readonly engine: EngineOptions;
  /** How the model's weights are held. */
  readonly weights: WeightOptions;
  /** Where results go, and whether a run that stopped goes on. */
  readonly place: { readonly results: string; readonly resume: boolean };
  /** Ways of asking beside an experiment's own. */
  readonly controls: { readonly textOnly: boolean; readonly blankImage: boolean };
  /** All of it as it was given, for the run's manifest. */
  readonly given: Readonly<CommonOptions>;
}

/** Resolves the settings of a call once, before anything is opened. UsageError where they contradict each other or the environment. */
export function resolveSettings(
  given: Readonly<CommonOptions>,
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  const { suite, model, visionTower, datasets, scorer, split, images } = given;
  const { bench, data } = withCoco(given);
  const { protocol, template, suffix, maxNewTokens, temperature, generationConfig } = given;
  const { judge, judgeModel, seed } = given;
  const { offset, limit, sample, ids, backend, threads, wasmThreads, results, resume } = given;
  const { textOnly, blankImage, dtype, weights } = given;
  return {
    subject: { suite, model, visionTower, bench, data, scorer, split, images, datasets },
    asking: {
      ...{ protocol, template, suffix, maxNewTokens, temperature, generationConfig },
      ...{ judge, judgeModel, seed },
    },
    selection: { offset, limit, sample, ids, shard: shardOf(given.shard, env) },
    engine: { backend, threads, wasmThreads },
    weights: { dtype, weights },
    place: { results, resume },
    controls: { textOnly, blankImage },
    given,
  };
}

/** `--coco` in terms of the settings that it stands for. */
export const withCoco = ({
  coco,
  bench,
  data,
}: Readonly<CommonOptions>): Pick<CommonOptions, 'bench' | 'data'> =>
  coco === undefined ? { bench, data } : { bench: ['coco'], data: coco === 'val' ? data : coco };
