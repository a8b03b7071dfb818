import { z } from 'zod';
import { promptTemplates } from '../models/text/templates.js';
import { scorers } from '../scorers/index.js';
import { configNames } from './config-names.js';

/** Choices in words: a, b or c. */
const either = (names: readonly string[]): string =>
  [names.slice(0, -1).join(', '), ...names.slice(-1)].filter(part => part !== '').join(' or ');

/** Headings that settings stand under in the help of a command, in their order; a command's own settings stand before them. */
export const groups = {
  run: 'What to run:',
  ask: 'What to ask, and who grades:',
  part: 'Which part of the images:',
  engine: 'Engine:',
  output: 'Data and output:',
} as const;

/** Settings that every experiment on a model and a benchmark has; flags, help and validation follow from them. */
export const commonOptions = z.strictObject({
  bench: z
    .array(z.string().min(1))
    .min(1)
    .meta({ group: groups.run, description: 'benchmarks to run, by commas, or all', placeholder: 'NAMES' })
    .default(['2ds']),
  suite: z
    .string()
    .default('mini')
    .meta({
      group: groups.run,
      description: `suite whose models and data are used: ${either(configNames('suites'))}`,
      placeholder: 'NAME',
    }),
  model: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({
      group: groups.run,
      description:
        "models of the suite, by commas, or all; a fetched model's name, or a checkpoint folder in Hugging Face's " +
        "layout (default: the suite's first)",
      placeholder: 'NAMES|DIR',
    }),
  visionTower: z.string().optional().meta({
    group: groups.run,
    description: "folder of the vision tower, for checkpoints in LLaVA's own format",
    placeholder: 'DIR',
  }),
  coco: z.string().optional().meta({
    group: groups.run,
    description: "COCO's captions and images in place of --bench: val, or their path",
    placeholder: 'val|PATH',
  }),
  data: z.string().optional().meta({
    group: groups.run,
    description:
      "the benchmark's files (default: its folder in --datasets); with --scorer your own FILE.jsonl of questions",
    placeholder: 'PATH',
  }),
  images: z.string().optional().meta({
    group: groups.output,
    description: "folder that images may lie in, or that their paths may lead to, beside the benchmark's own",
    placeholder: 'DIR',
  }),
  scorer: z
    .string()
    .optional()
    .meta({
      group: groups.ask,
      description: `rule that grades your own questions: ${either(Object.keys(scorers))}`,
      placeholder: 'NAME',
    }),
  split: z.string().optional().meta({
    group: groups.run,
    description: "split of the benchmark (default: the benchmark's usual one)",
    placeholder: 'NAME',
  }),
  protocol: z
    .string()
    .default('llava')
    .meta({
      group: groups.ask,
      description: `how questions are put and graded: ${either(configNames('protocols'))}; the settings from --template to --judge-model change parts of it`,
      placeholder: 'NAME',
    }),
  template: z
    .string()
    .optional()
    .meta({
      group: groups.ask,
      description:
        `prompt template: ${Object.keys(promptTemplates).join(', ')}, or a text with <image> and {question} (default: the checkpoint's ` +
        "own, else the protocol's)",
    }),
  suffix: z.string().optional().meta({
    group: groups.ask,
    description:
      "text after every question (default: the checkpoint's, else the protocol's, else the benchmark's)",
  }),
  maxNewTokens: z.int().positive().optional().meta({
    group: groups.ask,
    description: "longest answer, in tokens (default: the protocol's)",
  }),
  temperature: z.number().min(0).optional().meta({
    group: groups.ask,
    description: "0 always takes the likeliest token; above 0 tokens are drawn (default: the protocol's)",
  }),
  generationConfig: z.boolean().default(false).meta({
    group: groups.ask,
    description:
      "obey the checkpoint's generation_config.json: penalties, forbidden tokens, sampling (default: plain greedy answers)",
  }),
  judge: z
    .string()
    .optional()
    .meta({
      group: groups.ask,
      description:
        "who grades answers: rule (the benchmark's own), a scorer's name, or the URL of an OpenAI-compatible API, whose " +
        "key is read from VLM_SPATIAL_JUDGE_KEY or OPENAI_API_KEY (default: the protocol's)",
      placeholder: 'NAME|URL',
    }),
  judgeModel: z.string().optional().meta({
    group: groups.ask,
    description: "language model that grades, as its API names it (default: the protocol's)",
    placeholder: 'NAME',
  }),
  seed: z.int().min(0).default(0).meta({ group: groups.ask, description: 'seed of everything random' }),
  offset: z
    .int()
    .min(0)
    .default(0)
    .meta({ group: groups.part, description: 'leave out the first N images of each benchmark' }),
  limit: z
    .int()
    .positive()
    .optional()
    .meta({ group: groups.part, description: 'only the first N images of each benchmark (default: all)' }),
  sample: z.int().positive().optional().meta({
    group: groups.part,
    description: 'only N images, spread evenly over those that are left (default: all)',
  }),
  ids: z.array(z.string().min(1)).min(1).optional().meta({
    group: groups.part,
    description: 'only these images or questions, by commas (default: all)',
    placeholder: 'IDS',
  }),
  shard: z.string().optional().meta({
    group: groups.part,
    description: 'only every N-th image from the I-th on; auto/N takes I from a job array (see merge)',
    placeholder: 'I/N',
  }),
  textOnly: z
    .boolean()
    .default(false)
    .meta({ group: groups.ask, description: 'ask the same questions also without an image' }),
  blankImage: z
    .boolean()
    .default(false)
    .meta({ group: groups.ask, description: 'ask the same questions also with an image of the mean colour' }),
  backend: z.enum(['auto', 'gpu', 'native', 'wasm']).default('auto').meta({
    group: groups.engine,
    description: 'engine that computes; auto takes the fastest that works',
    placeholder: 'NAME',
  }),
  wasmThreads: z
    .boolean()
    .default(true)
    .meta({ group: groups.engine, description: 'keep wasm on one thread (default: it takes several)' }),
  threads: z
    .int()
    .positive()
    .optional()
    .meta({ group: groups.engine, description: 'threads of the engine (default: by the size of the model)' }),
  dtype: z.enum(['auto', 'float32', 'checkpoint']).default('auto').meta({
    group: groups.engine,
    description:
      "what weights rest in: float32, or the checkpoint's own 16 bits, widened before each use; answers are the same; auto goes by the memory",
    placeholder: 'NAME',
  }),
  weights: z.enum(['auto', 'resident', 'streamed']).default('auto').meta({
    group: groups.engine,
    description:
      "whether the decoder's layers stay in memory or are read anew for each pass; answers are the same; auto streams what does not fit",
    placeholder: 'NAME',
  }),
  workers: z
    .string()
    .regex(/^(auto|[1-9]\d{0,2})$/, 'takes a number from 1 on, or auto')
    .default('1')
    .meta({
      group: groups.engine,
      description:
        'processes that share the images; auto takes one a GPU, and for small models one a processor, as memory allows',
      placeholder: 'N|auto',
    }),
  results: z
    .string()
    .default('results')
    .meta({ group: groups.output, description: 'folder of results', placeholder: 'DIR' }),
  datasets: z
    .string()
    .default('datasets')
    .meta({ group: groups.output, description: 'folder of benchmark data', placeholder: 'DIR' }),
  resume: z.boolean().default(true).meta({
    group: groups.output,
    description: 'start anew and keep the old run aside (default: go on where a run stopped)',
  }),
});

export type CommonOptions = z.output<typeof commonOptions>;

/** Those of the settings that are of this schema: an experiment's own, without the common ones. */
export const settingsOf = ({ shape }: z.ZodObject, settings: Readonly<object>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => key in shape));
