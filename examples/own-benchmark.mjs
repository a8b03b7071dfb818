// Loads the plug-in beside this file and runs its experiment on its benchmark.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPlugin, runExperiment, writeReport } from 'vlm-spatial';
import { examplePicture } from './picture.mjs';

const folder = await mkdtemp(join(tmpdir(), 'vlm-spatial-example-'));
const picture = join(folder, 'picture.png');
await writeFile(picture, await examplePicture());
const { experiments, benchmarks } = await loadPlugin(
  fileURLToPath(new URL('./own-experiment.mjs', import.meta.url)),
);
const settings = { bench: ['sides'], data: picture, results: folder };
const outcome = await runExperiment(experiments[0], settings, { benchmarks });
console.table((await writeReport(outcome)).tables[0].rows);
