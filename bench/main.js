/**
 * `npm run bench`: how fast the model runs on each engine, side by side in one run, and how fast the program starts (`starting.js`). Machines differ and are shared, so
 * read the ratios: a prefill beside the engine's own matrix product, a shared prefix beside none.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = name => fileURLToPath(new URL(name, import.meta.url));

/** Runs a script in a process of its own (one engine a process) and gives the JSON it prints. */
function measure(script, options) {
  const done = spawnSync(process.execPath, [here(script), JSON.stringify(options)], { encoding: 'utf8' });
  const line = done.stdout.split('\n').find(text => text.startsWith('{'));
  return line ? JSON.parse(line) : { failed: done.stderr.trim().split('\n').at(-1) };
}

const engines = [
  { backend: 'wasm', threads: 1, wasmThreads: false },
  { backend: 'wasm', wasmThreads: true },
  { backend: 'native', threads: 1 },
  { backend: 'native' },
];

const rows = engines.map(options => {
  const { backend, threads } = options;
  return {
    engine: backend,
    threads: threads ?? 'all',
    ...measure('prefill.js', options),
    ...measure('questions.js', options),
  };
});
console.table(rows);

spawnSync(process.execPath, [here('starting.js')], { stdio: 'inherit' });
