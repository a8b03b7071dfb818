import { UsageError } from '../errors.js';

/** `maxNewTokens` and `max_new_tokens` as flags are spelt: `max-new-tokens`. */
export const kebab = (name: string): string =>
  name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`).replaceAll('_', '-');

/** What other programs call a setting of ours; of several the first that the command has. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  'output-path': ['results', 'out'],
  'output-dir': ['results', 'out'],
  output: ['results', 'out'],
  'results-dir': ['results'],
  'num-samples': ['limit'],
  'max-samples': ['limit'],
  'num-images': ['limit'],
  tasks: ['bench'],
  task: ['bench'],
  benchmark: ['bench'],
  benchmarks: ['bench'],
  dataset: ['bench'],
  models: ['model'],
  checkpoint: ['model'],
  'model-path': ['model'],
  'data-dir': ['datasets'],
  'data-path': ['data'],
  'image-file': ['image'],
  'image-path': ['image'],
  'max-tokens': ['max-new-tokens'],
  'num-threads': ['threads'],
  engine: ['backend'],
  'num-workers': ['workers'],
  'conv-mode': ['template'],
  'random-seed': ['seed'],
};

/** What else other programs have, and what does it here. */
const instead: Readonly<Record<string, string>> = {
  device: 'the engine chooses it: use --backend gpu or native for a GPU, --backend wasm for the processor',
  precision:
    'models are computed in 32-bit floats whatever their files hold: leave it out; --dtype says what weights rest in',
  'batch-size':
    'an image is a batch, with all its questions: leave it out; --threads sets how many threads compute',
  'log-samples': "every answer is kept anyway, in the run's predictions.jsonl: leave it out",
  'model-args': 'give the checkpoint folder as --model DIR',
  'num-fewshot': 'questions are asked without examples: leave it out',
  'num-gpus': 'a process uses one GPU: --workers auto starts one a GPU',
  'tensor-parallel-size': 'a process uses one GPU: --workers auto starts one a GPU',
  'load-in-4bit': 'quantised weights are not read: leave it out',
  'load-in-8bit': 'quantised weights are not read: leave it out',
  'top-p': 'answers are decoded greedily, or sampled with --temperature: leave it out',
  'num-beams': 'answers are decoded greedily, or sampled with --temperature: leave it out',
  verbose: '--debug shows where an error came from, --quiet says less',
};

/**
 * The name by which a command knows a setting, however it was spelt; undefined where it knows none such. UsageError with what to
 * use in its place where that is known.
 */
export function ownName(given: string, known: ReadonlySet<string>): string | undefined {
  const name = kebab(given);
  if (known.has(name)) return name;
  const alias = aliases[name]?.find(one => known.has(one));
  if (alias !== undefined) return alias;
  // What they are for is the model: commands that run none do not know them, either.
  if (Object.hasOwn(instead, name) && known.has('backend'))
    throw new UsageError(`--${given}: ${instead[name]}`);
  return undefined;
}

/** Arguments with the flags spelt as the command spells them; what it does not know stays, and what follows `--`. */
export function respelt(args: readonly string[], known: ReadonlySet<string>): string[] {
  const end = args.indexOf('--');
  const flags = end === -1 ? args.length : end;
  return args.map((arg, i) => {
    const [, given, value = ''] = (i < flags && /^--([a-z][\w-]*)(=.*)?$/is.exec(arg)) || [];
    const name = given && ownName(given, known);
    return name ? `--${name}${value}` : arg;
  });
}
