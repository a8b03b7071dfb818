import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Benchmark } from '../benchmarks/types.js';
import { UsageError } from '../errors.js';
import type { Asking } from '../experiments/answer.js';
import { type Judge, openJudge } from '../judge/judge.js';
import type { OpenedModel } from '../models/open-model.js';
import { packageRoot } from '../package-root.js';
import { type ScorerName, scorers } from '../scorers/index.js';
import { wherePublished } from '../scorers/rescore.js';
import type { Scorer } from '../scorers/types.js';
import { configNames } from './config-names.js';
import type { CommonOptions } from './options.js';

const parts = {
  /** Text after every question; where a benchmark has none here, its own (LLaVA's) is taken. */
  suffix: z.string(),
  temperature: z.number().min(0),
  maxNewTokens: z.int().positive(),
  /** `rule`: the benchmark's own scorer; a scorer's name; or the language model that grades. */
  judge: z.string(),
};

const protocolSchema = z.strictObject({
  ...parts,
  suffix: parts.suffix.exactOptional(),
  name: z.string(),
  summary: z.string(),
  /** Name of a prompt template. */
  template: z.string(),
  /** What differs on single benchmarks. */
  benches: z.record(
    z.string(),
    z.strictObject({
      suffix: parts.suffix.exactOptional(),
      temperature: parts.temperature.exactOptional(),
      maxNewTokens: parts.maxNewTokens.exactOptional(),
      judge: parts.judge.exactOptional(),
    }),
  ),
});

type Protocol = z.infer<typeof protocolSchema>;

/** How questions are put and answers graded: what makes two evaluations of one model differ. */
export interface Setup {
  readonly asking: Asking;
  /** As `run.json` and the long tables name the grader: `rule`, a scorer's name or a language model's. */
  readonly judge: string;
  /** Grades answers as they come; NaN where the answers are not published. */
  readonly scorer: Scorer;
  /** The language model that grades them afterwards, where that is who grades. */
  readonly language?: Judge;
}

export type ProtocolOptions = Pick<
  CommonOptions,
  'protocol' | 'template' | 'suffix' | 'maxNewTokens' | 'temperature' | 'seed'
> &
  Partial<Pick<CommonOptions, 'judge' | 'judgeModel' | 'generationConfig'>>;

/** What a checkpoint itself asks for. */
interface ModelsOwn {
  template(asked: string | undefined, otherwise: string): string;
  readonly suffix: string | undefined;
}

const folder = join(packageRoot, 'configs', 'protocols');

/** Reads a protocol from `configs/protocols`. */
function readProtocol(name: string): Protocol {
  const names = configNames('protocols');
  if (!names.includes(name)) {
    throw new UsageError(`protocol "${name}" is not known; protocols are: ${names.join(', ')}`);
  }
  return protocolSchema.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
}

/** How a benchmark's questions are put to a model and its answers graded. */
export const setUp = (options: ProtocolOptions, model: ModelsOwn, benchmark: Benchmark): Setup => ({
  asking: askingOf(options, model, benchmark),
  ...graderOf(options, benchmark),
});

/**
 * How questions, a benchmark's or any, are put to a model. Each part is the one that a flag gives, else the checkpoint's own
 * (template and suffix: a model trained on one prompt is not asked in another), else the protocol's for this benchmark,
 * else the protocol's, and for the suffix the benchmark's.
 */
export function askingOf(options: ProtocolOptions, model: ModelsOwn, benchmark?: Benchmark): Asking {
  const { template, benches, ...general } = readProtocol(options.protocol);
  const protocol = { ...general, ...(benchmark && benches[benchmark.name]) };
  return {
    template: model.template(options.template, template),
    suffix: options.suffix ?? model.suffix ?? protocol.suffix ?? benchmark?.suffix ?? '',
    maxNewTokens: options.maxNewTokens ?? protocol.maxNewTokens,
    temperature: options.temperature ?? protocol.temperature,
    seed: options.seed,
    ...(options.generationConfig && { generationConfig: true }),
  };
}

/** What people are told of how a model is asked: which template, why, and which of its own settings are set aside. */
export function noticesOf(
  options: Pick<ProtocolOptions, 'protocol' | 'template' | 'generationConfig'>,
  model: Pick<OpenedModel, 'chosenTemplate' | 'generation'>,
): string[] {
  const { why } = model.chosenTemplate(options.template, readProtocol(options.protocol).template);
  const { notice } = model.generation;
  return [`prompt template: ${why}`, ...(notice && !options.generationConfig ? [notice] : [])];
}

/**
 * Who grades a benchmark's answers. A language model takes a URL (`--judge URL`); a protocol that leaves answers to one has it
 * grade those benchmarks and no others. UsageError where there is no URL: a rule is no stand-in.
 */
export function graderOf(
  { protocol, judge: given, judgeModel }: Pick<ProtocolOptions, 'protocol' | 'judge' | 'judgeModel'>,
  benchmark: Benchmark,
): Pick<Setup, 'judge' | 'scorer' | 'language'> {
  const { benches, ...general } = readProtocol(protocol);
  const own = benches[benchmark.name]?.judge ?? general.judge;
  const url = given !== undefined && isUrl(given) ? given : undefined;
  if (url === undefined && judgeModel !== undefined) {
    throw new UsageError(`--judge-model ${judgeModel} is asked at an API: give its URL, too, as --judge URL`);
  }
  const rule = (name: string) => ruleOf(name, benchmark);
  if (url === undefined) {
    const named = rule(given ?? own);
    if (named) return named;
    throw new UsageError(
      given === undefined
        ? `protocol ${protocol} grades ${benchmark.title} by ${own}, a language model; give --judge URL of an API that has it, --judge rule for the benchmark's own rule, or one of: ${RULES}`
        : `judge "${given}" is not known; give --judge rule for the benchmark's own rule, the URL of a language model's API, or one of: ${RULES}`,
    );
  }
  const models = [general, ...Object.values(benches)].flatMap(({ judge }) => judge ?? []).filter(isModel);
  const byRule = rule(own);
  if (byRule && models.length > 0) return byRule;
  const model = judgeModel ?? models[0];
  if (model === undefined) {
    throw new UsageError(`--judge ${url} asks a language model; name it with --judge-model`);
  }
  return { judge: model, scorer: rule('rule')!.scorer, language: judgeAt(url, model) };
}

/** A language model's API, with its key from the environment. UsageError where the URL or the key cannot be one. */
export function judgeAt(url: string, model: string): Judge {
  const name = ['VLM_SPATIAL_JUDGE_KEY', 'OPENAI_API_KEY'].find(variable => process.env[variable]);
  const key = name && process.env[name]?.trim();
  // A header takes nothing else, and says so with the key in its message.
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
    throw new UsageError(`${name} holds no key: expected printable ASCII without spaces`);
  }
  return openJudge({ url, model, key });
}

/** Whether a judge is named by an address. */
export const isUrl = (text: string): boolean => text.includes('://');

const RULES = Object.keys(scorers).join(', ');
const isRule = (name: string): name is ScorerName => Object.hasOwn(scorers, name);
const isModel = (judge: string): boolean => judge !== 'rule' && !isRule(judge);

/** The rule of a name; undefined where that is a language model's. */
function ruleOf(name: string, benchmark: Benchmark): Pick<Setup, 'judge' | 'scorer'> | undefined {
  if (isRule(name)) return { judge: name, scorer: wherePublished(scorers[name]) };
  if (name !== 'rule') return undefined;
  // A benchmark of one's own has no rule but the one that was named for it.
  const named = Object.keys(scorers).filter(isRule);
  const own = benchmark.name === 'own' && named.find(each => scorers[each] === benchmark.scorer);
  return { judge: own || name, scorer: wherePublished(benchmark.scorer) };
}
