import { execFile } from 'node:child_process';
import { Command, Option } from 'commander';
import { type BackendName, backendNames } from '../../engine/backend.js';
import { type Diagnosis, diagnose, type Probe, probeHere } from '../../engine/doctor.js';
import { UserError } from '../../errors.js';
import { print } from '../call.js';

interface DoctorOptions {
  readonly json?: boolean;
  readonly backend?: BackendName;
}

/** What `doctor` does; tests give their own. */
interface DoctorHandlers {
  readonly diagnose: () => Promise<Diagnosis>;
  readonly probe: (name: BackendName) => Promise<Probe>;
}

const real: DoctorHandlers = {
  diagnose: () => diagnose(name => probeApart(name)),
  probe: name => probeHere(name),
};

/** `doctor`: what models can run on here, what would be chosen, and why not the others. */
export function doctorCommand(handlers: DoctorHandlers = real): Command {
  return new Command('doctor')
    .description('say what models can run on here, what is chosen and why')
    .addOption(new Option('--backend <NAME>', 'try only this one, in this process').choices(backendNames))
    .option('--json', 'print one JSON object to standard output')
    .option('--debug', 'show where an error came from')
    .action(async ({ json, backend }: DoctorOptions) => {
      if (backend === undefined) {
        const diagnosis = await handlers.diagnose();
        print(json ? JSON.stringify(diagnosis) : describe(diagnosis));
        return;
      }
      const probe = await handlers.probe(backend);
      if (json) print(JSON.stringify(probe));
      else if (probe.works) print(`${backend} works: ${probe.detail}`);
      else throw new UserError(probe.detail);
    });
}

/**
 * Starts a backend in a process of its own (this program's `doctor --backend`).
 *
 * @param env environment variables beside this process's
 */
export function probeApart(name: BackendName, env: Readonly<Record<string, string>> = {}): Promise<Probe> {
  const args = [...process.execArgv, process.argv[1]!, 'doctor', '--backend', name, '--json'];
  return new Promise(resolve => {
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      const said = stdout.split('\n').find(line => line.startsWith('{'));
      if (said) return resolve(JSON.parse(said) as Probe);
      const how = error?.signal ?? `exit code ${error?.code ?? 0}`;
      const last = stderr.trim().split('\n').at(-1) ?? '';
      const detail = `the process that tried it ended with ${how}${last ? `: ${last}` : ''}`;
      resolve({ name, works: false, detail, version: null, memoryLimit: null });
    });
  });
}

function describe(diagnosis: Diagnosis): string {
  const { native, backends, chosen } = diagnosis;
  const { tensorflow, built } = native.manifest ?? {};
  const engine = tensorflow
    ? `TensorFlow ${tensorflow.version}${tensorflow.cuda ? ' with CUDA' : ''} from ${tensorflow.source}, built ${built} in ${native.folder}`
    : `none in ${native.folder}; vlm-spatial native builds one`;
  const facts = {
    Node: `${diagnosis.node}, ${diagnosis.platform}`,
    processors: String(diagnosis.processors),
    memory: gib(diagnosis.memory),
    GPU: diagnosis.gpus.join('; ') || 'none (no NVIDIA driver, or hidden by CUDA_VISIBLE_DEVICES)',
    'native engine': engine,
    'chosen (auto)': chosen ?? 'none works',
  };
  const lines = Object.entries(facts).map(([name, fact]) => `${name.padEnd(15)}${fact}`);
  return [...lines, '', ...backends.map(probe => describeProbe(probe, diagnosis.memory))].join('\n');
}

function describeProbe({ name, works, detail, memoryLimit }: Probe, memory: number): string {
  const limit = `; tensors up to ${memoryLimit ? gib(memoryLimit) : `the memory (${gib(memory)})`}`;
  return `${name.padEnd(8)}${works ? `works: ${detail}${limit}` : `does not work: ${detail}`}`;
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
