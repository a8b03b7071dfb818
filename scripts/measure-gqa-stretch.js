/**
 * Time and memory on a stretch of the size of GQA's (32 questions an image), in the model's own order of vision tokens and
 * permuted, and from it an estimate for all of GQA's testdev_balanced (12,578 questions on 398 images):
 *
 *     npm run build
 *     node scripts/make-random-checkpoint.js /tmp/random-0.5b
 *     node scripts/measure-gqa-stretch.js /tmp/random-0.5b --images 2 --backend native
 *
 * Images and questions go through the same function as those of `permute --bench gqa`. With random weights no answer ends
 * by itself: --max-new-tokens (default 4) is how long answers are taken to be, the end-of-answer token included.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { gqa } from '../dist/benchmarks/gqa.js';
import { startEngine } from '../dist/engine/backend.js';
import { evaluate } from '../dist/experiments/evaluate.js';
import { permutation } from '../dist/experiments/permute/index.js';
import { openModel } from '../dist/models/open-model.js';

const GQA = { images: 398, questions: 12578 };
const CONDITIONS = ['original', 'permuted-0'];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string', default: '2' },
    questions: { type: 'string', default: '32' },
    'max-new-tokens': { type: 'string', default: '4' },
    backend: { type: 'string', default: 'auto' },
    threads: { type: 'string' },
  },
});

/** Forms of questions, 9 words and marks on average, as GQA's have 9.4. */
const forms = [
  (a, b) => `Is the ${a} to the left or to the right of the ${b}?`,
  a => `What color is the ${a}?`,
  (a, b) => `Are there any ${a}s below the ${b} in the picture?`,
  a => `What is the ${a} made of?`,
  (a, b) => `Is the ${a} behind the ${b}?`,
  a => `On which side of the photo is the small ${a}?`,
  (a, b) => `Which kind of furniture is next to the ${a} and the ${b}?`,
  a => `Do you see a ${a} there?`,
];
const things = ['cup', 'chair', 'dog', 'window', 'bottle', 'car', 'tree', 'plate'];

async function* stretch(images, questions) {
  for (let image = 0; image < images; image++) {
    const samples = Array.from({ length: questions }, (_, i) => ({
      id: `${image}-${i}`,
      question: forms[i % 8](things[(i >> 3) % 8], things[(i + 3) % 8]),
      targets: ['yes'],
      category: '',
      labels: {},
    }));
    const noise = { type: 'gaussian', mean: 128, sigma: 50 };
    const load = () =>
      sharp({ create: { width: 640, height: 480, channels: 3, background: 'black', noise } })
        .jpeg()
        .toBuffer();
    yield { id: `noise-${image}`, load, samples };
  }
}

/** Wall and processor time since the last call, seconds. */
function stopwatch() {
  let wall = performance.now();
  let cpu = process.cpuUsage();
  return () => {
    const used = process.cpuUsage(cpu);
    const lap = {
      'wall s': rounded((performance.now() - wall) / 1000),
      'CPU s': rounded((used.user + used.system) / 1e6),
    };
    wall = performance.now();
    cpu = process.cpuUsage();
    return lap;
  };
}
const rounded = x => Math.round(x * 10) / 10;
const hundredths = x => Math.round(x * 100) / 100;
/** Resident memory: at its peak so far, and now. */
const memory = () => ({
  'peak GiB': hundredths(process.resourceUsage().maxRSS / 2 ** 20),
  'now GiB': hundredths(process.memoryUsage.rss() / 2 ** 30),
});

const [dir] = positionals;
if (dir === undefined) throw new Error('name the folder of a checkpoint');
const [images, questions] = [Number(options.images), Number(options.questions)];
const threads = options.threads ? { threads: Number(options.threads) } : {};
const engine = await startEngine({ backend: options.backend, ...threads });
console.log(`${engine.description}; ${cpus().length} processors, load average ${loadavg()[0].toFixed(1)}`);

const lap = stopwatch();
const model = await openModel(dir, { memoryLimit: engine.memory.limit });
const rows = [{ what: 'loading the model', ...lap(), ...memory() }];
const asking = {
  template: model.template(undefined),
  suffix: gqa.suffix,
  maxNewTokens: Number(options['max-new-tokens']),
  temperature: 0,
  seed: 0,
};
const conditions = permutation
  .conditions({ seeds: 1, order: 'random' })
  .filter(({ name }) => CONDITIONS.includes(name));
const job = { model, images: stretch(images, questions), conditions, scorer: gqa.scorer, asking };
for await (const { image, condition } of evaluate({ ...job, isDone: () => false })) {
  rows.push({ what: `${image}, ${condition}`, ...lap(), ...memory() });
}
console.table(rows);

const total = key => rows.slice(1).reduce((sum, row) => sum + row[key], 0);
const each = { wall: total('wall s') / images, cpu: total('CPU s') / images };
const asked = questions * CONDITIONS.length;
const hours = seconds => `${((seconds * GQA.images) / 3600).toFixed(1)} h`;
console.log(
  `A question (${asked} an image, both conditions): ${(each.wall / asked).toFixed(2)} s, ${(each.cpu / asked).toFixed(2)} s of CPU time.\n` +
    `All of GQA (${GQA.questions} questions on ${GQA.images} images, both conditions): ${hours(each.wall)}, ${hours(each.cpu)} of CPU time. ` +
    `Load average at the end ${loadavg()[0].toFixed(1)}.`,
);
model.dispose();
await engine.stop();
