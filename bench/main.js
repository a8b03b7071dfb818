/**
 * `npm run bench`: how fast the model runs on each engine, and how fast the program starts, each figure as it is known, within
 * some three minutes.
 *
 * `npm run bench -- --peers`: the same checkpoints beside Python's torch and transformers ($PYTHON, or python3; see peers/), as
 * ratios of processor time, ours over theirs, run in turn; on one thread and on two. It needs 3 GB of disk and half an hour.
 *
 *     --checkpoints DIR  keeps the random checkpoints there, for the next time (default: a temporary folder)
 *     --before CLONE     another clone of this project, built: `npm start` of both, as a ratio
 *     --write FILE       the figures as Markdown, e.g. docs/benchmarks.md
 *
 * Machines differ and are shared, so read the ratios: a prefill beside the engine's own matrix product, ours beside theirs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure } from './measure.js';

const { values: options } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    checkpoints: { type: 'string' },
    before: { type: 'string' },
    write: { type: 'string' },
  },
});
const here = name => fileURLToPath(new URL(name, import.meta.url));
const mini = here('../weights/mini/base');
/** How often ours and theirs are run in turn; the least of each counts. */
const TURNS = 2;

/** What was measured: [what, on how many threads, figure, asked or null]. */
const figures = [];
const say = (what, threads, figure, asked = null) => {
  figures.push({ what, threads, figure, asked });
  const goal = asked === null ? '' : `   (asked: ${asked})`;
  console.log(`${what}, ${threads} thread${threads === 1 ? '' : 's'}: ${figure}${goal}`);
};
const rounded = (x, digits = 2) => Number(x.toFixed(digits));

function engines() {
  for (const { backend, threads } of [
    { backend: 'wasm', threads: 1 },
    { backend: 'wasm', threads: cpus().length },
    { backend: 'native', threads: 1 },
    { backend: 'native', threads: cpus().length },
  ]) {
    for (const script of ['prefill.js', 'questions.js']) {
      const found = measure(script, { backend, threads, wasmThreads: threads > 1 });
      for (const [what, figure] of Object.entries(found)) say(`${backend}: ${what}`, threads, figure);
    }
  }
  spawnSync(process.execPath, [here('starting.js')], { stdio: 'inherit' });
}

/** Makes a random checkpoint in `folder` unless it is there. */
function checkpoint(folder, name, ...args) {
  const path = join(folder, name);
  if (existsSync(join(path, 'model.safetensors'))) return path;
  console.log(`making ${name}`);
  const script = here('../scripts/make-random-checkpoint.js');
  const made = spawnSync(process.execPath, [script, path, ...args], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`${name} could not be made: ${made.stderr}`);
  return path;
}

/** Runs two scripts in turn and gives the least of the figure `key` of each, theirs null where there is none. */
function inTurn(ours, theirs, key) {
  const least = [Infinity, Infinity];
  const tokens = [];
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [i, [script, given]] of [ours, theirs].entries()) {
      const found = measure(script, given);
      if (found.failed !== undefined) throw new Error(`${script}: ${found.failed}`);
      least[i] = Math.min(least[i], found[key]);
      tokens[i] = JSON.stringify(found.tokens);
    }
  }
  if (tokens[0] !== tokens[1])
    throw new Error(`${ours[0]} and ${theirs[0]} answer otherwise than each other`);
  return least;
}

/** One line: processor time of an image (or another figure) on the native engine over a peer's. */
function beside(what, peer, given, { key = 'image', asked = null } = {}) {
  try {
    const [ours, theirs] = inTurn(['stretch.js', { ...given, backend: 'native' }], [peer, given], key);
    say(what, given.threads, rounded(ours / theirs), asked);
  } catch (error) {
    say(what, given.threads, `not measured: ${error.message}`);
  }
}

function peers(folder) {
  const half = checkpoint(folder, 'random-0.5b', '--shape', 'llava-interleave-qwen-0.5b');
  // 7B's widths, few of its layers; its tower is not measured here.
  const wide = checkpoint(
    folder,
    'random-7b-4-layers',
    ...['--shape', 'llava-1.5-7b', '--set', 'text_config.num_hidden_layers=4'],
    ...['--set', 'vision_config.num_hidden_layers=1', '--set', 'vision_feature_layer=-1'],
  );
  const packed = 'peers/packed.py';
  const batch = 'peers/transformers_model.py';
  for (const threads of [1, 2]) {
    const small = { folder: mini, threads, visionTokens: 64, repeats: 8 };
    beside('mini, 32 questions, beside packed PyTorch', packed, { ...small, questions: 32 }, { asked: 1 });
    beside(
      'mini, 6 questions, beside transformers with all in one batch',
      batch,
      { ...small, questions: 6, what: 'batch' },
      { asked: 0.8 },
    );
    beside(
      'mini, one decode step of one question, beside packed PyTorch',
      packed,
      { ...small, questions: 1 },
      { key: 'step', asked: 1.5 },
    );
    const whole = { folder: half, threads, visionTokens: 729, repeats: 1 };
    beside(
      '0.5B, 32 questions, beside packed PyTorch',
      packed,
      { ...whole, questions: 32, newTokens: 4 },
      { asked: 0.75 },
    );
    beside(
      '0.5B, one decode step of one question, beside packed PyTorch',
      packed,
      { ...whole, questions: 1 },
      { key: 'step' },
    );
    const seven = { folder: wide, threads, visionTokens: 576, questions: 1, newTokens: 1, repeats: 1 };
    beside('7B widths, 4 layers, prefill beside PyTorch', packed, seven, { key: 'prefill', asked: 0.85 });
    loading(half, threads);
    for (const [what, share] of Object.entries(measure('prefill.js', { backend: 'native', threads })))
      say(`native: ${what}`, threads, share);
  }
  for (const questions of [1, 4, 16, 64])
    beside(`growth, 0.5B: ${questions} questions of one image, beside packed PyTorch`, packed, {
      ...{ folder: half, threads: 1, visionTokens: 256, repeats: 1 },
      questions,
    });
  for (const visionTokens of [64, 256, 576, 1152, 2880])
    beside(
      `growth, 7B widths, 4 layers: ${visionTokens} vision tokens, 4 questions, beside packed PyTorch`,
      packed,
      {
        ...{ folder: wide, threads: 1, questions: 4, repeats: 1 },
        visionTokens,
      },
    );
  for (const layers of [6, 12, 24]) {
    const shallow = checkpoint(
      folder,
      `random-0.5b-${layers}-layers`,
      ...['--set', `text_config.num_hidden_layers=${layers}`, '--set', 'vision_config.num_hidden_layers=1'],
    );
    beside(`growth, 0.5B: ${layers} layers, 4 questions, beside packed PyTorch`, packed, {
      ...{ folder: shallow, threads: 1, visionTokens: 256, questions: 4, repeats: 1 },
    });
  }
}

function loading(folder, threads) {
  const ours = [];
  const theirs = [];
  for (let turn = 0; turn < TURNS; turn++) {
    ours.push(measure('loading.js', { folder, threads, backend: 'native' }));
    theirs.push(
      measure('peers/transformers_model.py', { folder, threads, what: 'loading', dtype: 'float32' }),
    );
  }
  const failed = [...ours, ...theirs].find(found => found.failed !== undefined);
  if (failed) return say('0.5B, loading', threads, `not measured: ${failed.failed}`);
  const least = (found, key) => Math.min(...found.map(one => one[key]));
  say(
    '0.5B, loading, beside transformers in float32',
    threads,
    rounded(least(ours, 'cpu') / least(theirs, 'cpu')),
    0.6,
  );
  say(
    '0.5B, resident after loading, GiB (ours, transformers)',
    threads,
    `${rounded(least(ours, 'resident'))}, ${rounded(least(theirs, 'resident'))}`,
    '2.2, ours',
  );
  say(
    '0.5B, peak while loading, GiB (ours, transformers)',
    threads,
    `${rounded(least(ours, 'peak'))}, ${rounded(least(theirs, 'peak'))}`,
  );
}

/** Processor time of `npm start`'s command on wasm, workers included, in this clone and in another, as a ratio. */
function starting(before) {
  const seconds = root => {
    const results = mkdtempSync(join(tmpdir(), 'vlm-spatial-start-'));
    const run = [join(root, 'bin', 'vlm-spatial.js'), 'reproduce', '--sample', '24', '--backend', 'wasm'];
    const args = [
      '-c',
      'TIMEFORMAT="cpu %U %S"; time "$0" "$@"',
      process.execPath,
      ...run,
      '--results',
      results,
    ];
    const ran = spawnSync('bash', args, { encoding: 'utf8', cwd: root });
    rmSync(results, { recursive: true });
    if (ran.status !== 0) throw new Error(`npm start in ${root}: ${ran.stderr}`);
    const [, user, system] = /cpu (\S+) (\S+)/.exec(ran.stderr);
    return Number(user) + Number(system);
  };
  const [ours, theirs] = [seconds(here('..')), seconds(resolve(before))];
  say(`npm start on wasm, beside that of the other clone`, 1, rounded(ours / theirs), 0.45);
}

/** The figures as a page, with the machine and the versions they are of. */
function page() {
  const { version } = JSON.parse(readFileSync(here('../package.json'), 'utf8'));
  const python = measure('peers/versions.py', {});
  const rows = figures.map(
    ({ what, threads, figure, asked }) => `| ${what} | ${threads} | ${figure} | ${asked ?? ''} |`,
  );
  return [
    '# Benchmarks',
    '',
    'Made by `npm run bench -- --peers --write docs/benchmarks.md`. Figures beside a peer are ratios of processor time, ours over',
    'theirs, in float32, on the same tokens with the same answers, run in turn: below 1 is faster. *packed PyTorch* is our own algorithm',
    'written in PyTorch (`bench/peers/packed.py`).',
    '',
    `vlm-spatial ${version}, Node ${process.version}, ${python.failed ?? python.versions}; ${cpus().length} × ${cpus()[0].model}, shared with others.`,
    '',
    '| what | threads | figure | asked |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (options.peers) {
  const folder = options.checkpoints
    ? resolve(options.checkpoints)
    : mkdtempSync(join(tmpdir(), 'vlm-spatial-bench-'));
  try {
    peers(folder);
  } finally {
    if (!options.checkpoints) rmSync(folder, { recursive: true });
  }
} else engines();
if (options.before) starting(options.before);
if (options.write) writeFileSync(options.write, page());
