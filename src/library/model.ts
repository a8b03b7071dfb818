import { readFile } from 'node:fs/promises';
import { type EngineOptions, runningEngine, startEngine } from '../engine/backend.js';
import { messageOf, UserError } from '../errors.js';
import { type Answer, answerQuestions, putQuestions } from '../experiments/answer.js';
import { type Condition, checkConditions } from '../experiments/condition.js';
import { requireFetched } from '../harness/missing-model.js';
import { askingOf, type ProtocolOptions } from '../harness/protocol.js';
import { chooseModels, type ModelChoice, readSuite, suiteNames } from '../harness/suite.js';
import { firstBackendFor, threadsFor } from '../harness/threads.js';
import { FeatureCache } from '../interventions/apply.js';
import type { Intervention } from '../interventions/types.js';
import { type ImageView, processImage } from '../models/images/processor.js';
import { type OpenedModel, openModel as openCheckpoint } from '../models/open-model.js';
import type { WeightOptions } from '../models/weights/placement.js';
import type { Observer } from '../observers/observer.js';
import type { InterventionReport } from '../records/prediction.js';
import type { FamilyMember } from '../records/result.js';
import type { Progress } from '../work.js';

/** How a question is put; what is left out is as the command line has it. */
export interface AskOptions<T = undefined>
  extends Partial<
    Pick<
      ProtocolOptions,
      'protocol' | 'template' | 'suffix' | 'maxNewTokens' | 'temperature' | 'seed' | 'generationConfig'
    >
  > {
  /** Changes to the model's input, in turn; none by default. */
  readonly interventions?: readonly Intervention[];
  /** False leaves out the template's text before the image. */
  readonly systemPrompt?: boolean;
  /** What to see of the decoder while it answers. */
  readonly observe?: Observer<T>;
}

/** An answer. */
export interface Asked<T = undefined> {
  /** The generated text, without special tokens. */
  readonly output: string;
  /** The prompt as it was rendered. */
  readonly prompt: string;
  /** Of the prompt before and after the image, and of the answer with its stop token. */
  readonly tokenIds: {
    readonly before: readonly number[];
    readonly after: readonly number[];
    readonly answer: readonly number[];
  };
  /** Smallest gap between the first and second logit over the generated tokens. */
  readonly margin: number;
  /** What the interventions did, those that tell: the order that tokens were put into. */
  readonly did: readonly InterventionReport[];
  /** What the observer saw. */
  readonly observed: T;
}

/** An image as a model sees it. Its vision features are computed once, whatever is asked. */
export interface ShownImage {
  /** Processed pixels, float[side · side · 3]. */
  readonly pixels: Float32Array;
  /** What of the image the model's square shows, in the image's pixels. */
  readonly view: ImageView;
  ask<T = undefined>(question: string, options?: AskOptions<T>): Promise<Asked<T>>;
  /** Several questions side by side, which is faster than one by one and gives the same answers. */
  askAll<T = undefined>(questions: readonly string[], options?: AskOptions<T>): Promise<Asked<T>[]>;
  /** Frees its features. */
  dispose(): void;
}

/** A model to be asked: an opened checkpoint, and who it is in its suite. */
export interface Model extends OpenedModel, FamilyMember {
  /** Shows it an image: a file's path, or the bytes of one. UserError where it is no image. */
  image(source: string | Uint8Array): Promise<ShownImage>;
  /** Asks without an image. */
  ask<T = undefined>(question: string, options?: AskOptions<T>): Promise<Asked<T>>;
}

export interface OpenOptions extends Partial<EngineOptions>, WeightOptions {
  /** Folder of the vision tower, for checkpoints in LLaVA's own format. */
  readonly visionTower?: string | undefined;
  /** Told how much of a large model is loaded. */
  readonly progress?: Progress;
}

/**
 * Opens a model: a suite's member (`mini/baseline`), a fetched model's name, or a checkpoint's folder. Starts an engine
 * if none runs in this process. Dispose of the model when it is no longer needed. UsageError on a name that is not known, UserError where files are missing,
 * broken, not supported or too large.
 */
export async function openModel(name: string, options: OpenOptions = {}): Promise<Model> {
  return openChoice(choose(name), options);
}

/** Opens the model of a choice; see `openModel`. */
export async function openChoice(choice: ModelChoice, options: OpenOptions = {}): Promise<Model> {
  const { path, title, variant, trainingSeed, retrainedFor } = choice;
  await requireFetched(path);
  const engine =
    runningEngine() ??
    (await startEngine({
      backend: 'auto',
      first: firstBackendFor([path]),
      ...options,
      threads: threadsFor(options.threads, [path]),
    }));
  const opened = await openCheckpoint(path, {
    visionTower: options.visionTower ?? choice.visionTower,
    memoryLimit: engine.memory.limit,
    ...defined({
      dtype: options.dtype,
      weights: options.weights,
      questions: options.questions,
      progress: options.progress,
    }),
  });
  return {
    ...opened,
    title,
    variant,
    trainingSeed,
    ...(retrainedFor !== undefined && { retrainedFor }),
    image: source => show(opened, source),
    ask: async (question, asked) => {
      const features = new FeatureCache(opened.llava, null);
      return (await put(opened, null, features, [question], asked))[0]!;
    },
  };
}

function choose(name: string): ModelChoice {
  const [suite, ...member] = name.split('/');
  const inSuite = suiteNames().includes(suite!) && member.length === 1;
  return inSuite ? chooseModels(readSuite(suite!), member)[0]! : chooseModels(readSuite('mini'), [name])[0]!;
}

async function show(model: OpenedModel, source: string | Uint8Array): Promise<ShownImage> {
  const bytes = typeof source === 'string' ? await read(source) : source;
  const { pixels, view } = await processImage(bytes, model.processor);
  const features = new FeatureCache(model.llava, pixels);
  const id = typeof source === 'string' ? source : 'image';
  return {
    pixels,
    view,
    ask: async (question, options) => (await put(model, id, features, [question], options))[0]!,
    askAll: (questions, options) => put(model, id, features, questions, options),
    dispose: () => features.dispose(),
  };
}

/** @param image its id, from which what is random is drawn; null asks without one */
async function put<T>(
  model: OpenedModel,
  image: string | null,
  features: FeatureCache,
  questions: readonly string[],
  {
    interventions = [],
    systemPrompt = true,
    observe,
    protocol = 'llava',
    seed = 0,
    ...parts
  }: AskOptions<T> = {},
): Promise<Asked<T>[]> {
  const condition: Condition = { name: 'asked', image: image !== null, interventions, systemPrompt };
  checkConditions([condition]);
  const asking = askingOf({ protocol, seed, ...defined(parts) }, model);
  const asked = questions.map((question, i) => ({ id: String(i), question }));
  const watch = observe?.(model);
  const putOnes = putQuestions(model, asking, condition, { id: image ?? '', features }, asked);
  try {
    return answerQuestions(model, asking, putOnes, watch).map(
      (answer: Answer, i): Asked<T> => ({
        output: answer.output,
        prompt: answer.prompt.text,
        tokenIds: {
          before: answer.prompt.before,
          after: answer.prompt.after,
          answer: answer.tokenIds,
        },
        margin: answer.margin,
        did: putOnes.did,
        observed: watch?.of(i) as T,
      }),
    );
  } finally {
    putOnes.dispose();
  }
}

/** Without keys that are there but undefined. */
const defined = <T extends object>(parts: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError(
      `the image ${path} cannot be read (${messageOf(error)}); give the path of an image file`,
    );
  }
}
