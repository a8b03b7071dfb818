/**
 * `node bench/starting.js`, after `npm run build`: processor time of starting, beside bare node's in the same minute. Machines
 * differ and are shared, so read the ratios; each is of medians over turns in which everything is run once.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../bin/vlm-spatial.js', import.meta.url));
const TURNS = 15;

/** What is started, and the most it may take beside bare node; see CONTRIBUTING.md. */
const starts = {
  'bare node': { args: ['--eval', '0'], most: 1 },
  '--help': { args: [cli, '--help'], most: 2.5 },
  'a usage error: permute --limmit 3': { args: [cli, 'permute', '--limmit', '3'], most: 3 },
  'a usage error: permute --limit few': { args: [cli, 'permute', '--limit', 'few'], most: 3 },
  'a usage error: permut': { args: [cli, 'permut'], most: 3 },
  'permute --help': { args: [cli, 'permute', '--help'], most: 3 },
  "import 'vlm-spatial/metrics'": {
    args: ['--input-type=module', '--eval', "import 'vlm-spatial/metrics'"],
    most: 2,
  },
};

/** Prints a process's own processor time, in seconds, as the last line of standard error. */
const clock =
  'data:text/javascript,process.on("exit",()=>{const u=process.cpuUsage();console.error((u.user+u.system)/1e6)})';

function seconds(args) {
  const options = { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)) };
  const { stderr } = spawnSync(process.execPath, ['--import', clock, ...args], options);
  return Number(stderr.trim().split('\n').at(-1));
}

const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];

const times = Object.fromEntries(Object.keys(starts).map(name => [name, []]));
for (let turn = 0; turn < TURNS; turn++)
  for (const [name, { args }] of Object.entries(starts)) times[name].push(seconds(args));

const bare = median(times['bare node']);
console.table(
  Object.entries(starts).map(([start, { most }]) => {
    const cpu = median(times[start]);
    return { start, 'CPU s': +cpu.toFixed(3), 'times bare node': +(cpu / bare).toFixed(2), 'at most': most };
  }),
);
