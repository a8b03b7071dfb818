import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Benchmark } from '../benchmarks/types.js';
import { UsageError } from '../errors.js';
import type { Asking } from '../experiments/answer.js';
import type { CommonOptions } from '../experiments/options.js';
import { type ScorerName, scorers } from '../scorers/index.js';
import type { Scorer } from '../scorers/types.js';
import { packageRoot } from './package-root.js';

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
  /** As `run.json` and the long tables name the grader. */
  readonly judge: string;
  readonly scorer: Scorer;
}

type ProtocolOptions = Pick<
  CommonOptions,
  'protocol' | 'template' | 'suffix' | 'maxNewTokens' | 'temperature' | 'seed'
> &
  Partial<Pick<CommonOptions, 'judge'>>;

/** What a checkpoint itself asks for. */
interface ModelsOwn {
  template(asked: string | undefined, otherwise: string): string;
  readonly suffix: string | undefined;
}

const folder = join(packageRoot, 'configs', 'protocols');

/** Reads a protocol from `configs/protocols`. */
function readProtocol(name: string): Protocol {
  const names = readdirSync(folder)
    .filter(file => file.endsWith('.json'))
    .map(file => file.slice(0, -'.json'.length));
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
  };
}

/** Who grades a benchmark's answers; UsageError where the protocol leaves it to a language model: a rule is no stand-in. */
export function graderOf(
  { protocol, judge: given }: Pick<ProtocolOptions, 'protocol' | 'judge'>,
  benchmark: Benchmark,
): Pick<Setup, 'judge' | 'scorer'> {
  const { benches, ...general } = readProtocol(protocol);
  const judge = given ?? benches[benchmark.name]?.judge ?? general.judge;
  if (judge === 'rule') return { judge, scorer: benchmark.scorer };
  if (Object.hasOwn(scorers, judge)) return { judge, scorer: scorers[judge as ScorerName] };
  const what =
    given === undefined
      ? `protocol ${protocol} grades ${benchmark.title} by ${judge}, a language model that cannot be asked from here`
      : `judge "${judge}" is not known`;
  const rules = Object.keys(scorers).join(', ');
  throw new UsageError(`${what}; give --judge rule for the benchmark's own rule, or one of: ${rules}`);
}
