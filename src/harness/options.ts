import { z } from 'zod';

/** Settings that every experiment on a model and a benchmark has; flags, help and validation follow from them. */
export const commonOptions = z.strictObject({
  bench: z
    .array(z.string().min(1))
    .min(1)
    .default(['2ds'])
    .meta({ description: 'benchmarks to run, by commas, or all', placeholder: 'NAMES' }),
  suite: z
    .string()
    .default('mini')
    .meta({ description: 'suite whose models and data are used', placeholder: 'NAME' }),
  model: z.array(z.string().min(1)).min(1).optional().meta({
    description: "models of the suite, by commas, or all; or a checkpoint folder in Hugging Face's layout",
    placeholder: 'NAMES|DIR',
  }),
  visionTower: z.string().optional().meta({
    description: "folder of the vision tower, for checkpoints in LLaVA's own format",
    placeholder: 'DIR',
  }),
  coco: z.string().optional().meta({
    description: "COCO's captions and images in place of --bench: val, or their path",
    placeholder: 'val|PATH',
  }),
  data: z.string().optional().meta({
    description: "the benchmark's files, if not in the datasets folder; with --scorer one's own FILE.jsonl",
    placeholder: 'PATH',
  }),
  images: z.string().optional().meta({
    description: "folder that images may lie in, or that their paths may lead to, beside the benchmark's own",
    placeholder: 'DIR',
  }),
  scorer: z.string().optional().meta({
    description: "rule that grades a benchmark of one's own: exact, vqa, yesno, choice, contains or short",
    placeholder: 'NAME',
  }),
  split: z.string().optional().meta({ description: 'split of the benchmark', placeholder: 'NAME' }),
  protocol: z.string().default('llava').meta({
    description:
      'how questions are put and graded: llava or authors; the next six settings change parts of it',
    placeholder: 'NAME',
  }),
  template: z.string().optional().meta({
    description: 'prompt template: vicuna_v1, llava_v1, plain, or a text with <image> and {question}',
  }),
  suffix: z
    .string()
    .optional()
    .meta({ description: "text after every question, in place of the benchmark's" }),
  maxNewTokens: z.int().positive().optional().meta({ description: 'longest answer, in tokens' }),
  temperature: z.number().min(0).optional().meta({ description: '0 decodes greedily' }),
  judge: z
    .string()
    .optional()
    .meta({
      description:
        "who grades answers: rule (the benchmark's own), a scorer's name, or a language model at the URL of an " +
        'OpenAI-compatible API, whose key is read from VLM_SPATIAL_JUDGE_KEY or OPENAI_API_KEY',
      placeholder: 'NAME|URL',
    }),
  judgeModel: z.string().optional().meta({
    description: "language model that grades, as its API names it; the protocol's",
    placeholder: 'NAME',
  }),
  seed: z.int().min(0).default(0).meta({ description: 'seed of everything random' }),
  offset: z.int().min(0).default(0).meta({ description: 'leave out the first N images of each benchmark' }),
  limit: z.int().positive().optional().meta({ description: 'only N images of each benchmark' }),
  sample: z.int().positive().optional().meta({
    description: 'of those only N images, spread evenly: of a benchmark sorted by difficulty some of each',
  }),
  ids: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .meta({ description: 'only these images or questions, by commas', placeholder: 'IDS' }),
  shard: z.string().optional().meta({
    description: 'only every n-th image from the i-th on; auto/N: i from a job array (see merge)',
    placeholder: 'I/N',
  }),
  textOnly: z.boolean().default(false).meta({ description: 'ask the same questions also with no image' }),
  blankImage: z
    .boolean()
    .default(false)
    .meta({ description: 'ask the same questions also with an image of the mean colour' }),
  backend: z
    .enum(['auto', 'gpu', 'native', 'wasm'])
    .default('auto')
    .meta({ description: 'engine that computes; auto takes the fastest that works' }),
  wasmThreads: z.boolean().default(true).meta({ description: 'keep wasm on one thread' }),
  threads: z.int().positive().optional().meta({ description: 'threads of the engine' }),
  results: z.string().default('results').meta({ description: 'folder of results', placeholder: 'DIR' }),
  datasets: z
    .string()
    .default('datasets')
    .meta({ description: 'folder of benchmark data', placeholder: 'DIR' }),
  resume: z
    .boolean()
    .default(true)
    .meta({ description: 'start anew instead of going on where a run stopped' }),
});

export type CommonOptions = z.output<typeof commonOptions>;

/** Those of the settings that are of this schema: an experiment's own, without the common ones. */
export const settingsOf = ({ shape }: z.ZodObject, settings: Readonly<object>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => key in shape));
