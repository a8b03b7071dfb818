import type { Command } from 'commander';
import type { Plugins } from '../harness/plugins.js';
import type { Runner } from './commands/experiment.js';

/** A command as the overview shows it; what it is made of loads only when it is called. */
export interface Entry {
  readonly name: string;
  /** One line of the overview; the command's own help says more. */
  readonly summary: string;
  /** Arguments of a call, as its help shows one. */
  readonly example?: string;
  /** Heading of the overview that it stands under. */
  readonly group: string;
  load(run: Runner, plugins: Plugins): Promise<Command>;
}

/** The diagnostics, in the order of the paper; a test holds the names to those of `experiments`. */
const diagnostics = {
  permute: ['accuracy with the vision tokens in random order: Table 1', '--bench all --order within-rows'],
  compress: ['accuracy by number of vision tokens: Figure 2', '--pool avg,max --tokens 16,4'],
  norms: ['norms of vision tokens and text embeddings: Figure 3', '--coco val --limit 100'],
  eval: ['accuracy by category: Tables 2 and 3, Figures 4 to 6', '--bench all --model all'],
  attention: [
    'how attention spreads over the image: Table 4, Figures 1, 7, 8',
    '--tokens target --sample 50',
  ],
  positions: ['RoPE sensitivity, balance and norms by layer: Appendix A', '--coco val --limit 100'],
  probe: ['what linear probes read of place, colour and shape, by layer', '--model baseline'],
  patch: ['where an answer is held: patched hidden states, by layer', '--sample 60'],
  sweep: ["accuracy and order sensitivity against the vision tokens' norm", 'norm --to 0.1,1,10'],
} as const;

const diagnostic = ([name, [summary, example]]: readonly [string, readonly [string, string]]): Entry => ({
  name,
  summary,
  example: `${name} ${example}`,
  group: 'Diagnostics:',
  load: async run => {
    const { experimentCommand } = await import('./commands/experiment.js');
    const { experiments } = await import('../experiments/index.js');
    return experimentCommand(Object.values(experiments).find(experiment => experiment.name === name)!, run);
  },
});

const entry =
  (group: string) =>
  (name: string, summary: string, example: string | undefined, load: Entry['load']): Entry => ({
    name,
    summary,
    ...(example !== undefined && { example }),
    group,
    load,
  });
const all = entry('Diagnostics:');
const runs = entry('Runs at hand, without a model:');
const data = entry('Models and data:');
const engine = entry('Engine:');

/** Every command of the package, in the order of the overview. */
export const commands: readonly Entry[] = [
  ...Object.entries(diagnostics).map(diagnostic),
  all(
    'reproduce',
    "every diagnostic, and a report of the paper's claims",
    'reproduce --sample 24 --model all',
    async run => (await import('./commands/reproduce.js')).reproduceCommand(run),
  ),
  all(
    'ask',
    'one question about one image',
    'ask --image photo.png "What color is at the top of the image?"',
    async () => (await import('./commands/ask.js')).askCommand(),
  ),
  runs(
    'report',
    'rebuild tables, figures and report.html',
    'report --results results/start',
    async (_, plugins) => (await import('./commands/report.js')).reportCommand(plugins),
  ),
  runs(
    'view',
    'a page to browse questions, images and answers in',
    'view results/mini/permute/RUN',
    async (_, plugins) => (await import('./commands/view.js')).viewCommand(plugins),
  ),
  runs(
    'diff',
    'compare two runs, or two conditions of one',
    'diff results/mini/permute/RUN --condition original,permuted-0',
    async (_, plugins) => (await import('./commands/diff.js')).diffCommand(plugins),
  ),
  runs('score', 'grade stored answers anew', 'score results/mini/permute/RUN --scorer contains', async () =>
    (await import('./commands/score.js')).scoreCommand(),
  ),
  runs('power', 'how many images a difference needs', 'power --bench gqa --difference 2.74', async () =>
    (await import('./commands/power.js')).powerCommand(),
  ),
  runs('merge', 'join the shards of a run', 'merge --results results', async () =>
    (await import('./commands/merge.js')).mergeCommand(),
  ),
  data('list', 'what is here, what is missing, how to get it', 'list models', async () =>
    (await import('./commands/list.js')).listCommand(),
  ),
  data('fetch', 'download models and benchmarks', 'fetch model llava-1.5-7b --dry-run', async () =>
    (await import('./commands/fetch.js')).fetchCommand(),
  ),
  data('data', 'generate benchmarks', 'data make 2ds --out datasets/2ds-1 --seed 1', async () =>
    (await import('./commands/data.js')).dataCommand(),
  ),
  data('train', 'train the miniature family from nothing', 'train --only base', async () =>
    (await import('./commands/train.js')).trainCommand(),
  ),
  engine('doctor', 'which engines work here, which is chosen and why', 'doctor --backend wasm', async () =>
    (await import('./commands/doctor.js')).doctorCommand(),
  ),
  engine('native', 'build the fast CPU or CUDA engine', 'native --cuda', async () =>
    (await import('./commands/native.js')).nativeCommand(),
  ),
];

/** The commands that plug-ins add. */
export const pluggedIn = ({ experiments }: Plugins): Entry[] =>
  experiments.map(experiment => ({
    name: experiment.name,
    summary: experiment.summary,
    group: 'From plug-ins:',
    load: async run => (await import('./commands/experiment.js')).experimentCommand(experiment, run),
  }));
