/** Loading a checkpoint, in a process of its own: processor time, and memory then. The argument is JSON: { folder, backend, threads }. */
import { startEngine } from '../dist/engine/backend.js';
import { openModel } from '../dist/models/open-model.js';
import { cpuSeconds, memory } from './measure.js';

const { folder, backend, threads } = JSON.parse(process.argv[2]);
const engine = await startEngine({ backend, threads, wasmThreads: threads !== 1 });
const empty = memory().resident;
const start = cpuSeconds();
const model = await openModel(folder);
const cpu = cpuSeconds() - start;
console.log(JSON.stringify({ cpu, empty, ...memory() }));
model.dispose();
await engine.stop();
