import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { isCudaBuild, isTensorFlow, libraryNames } from './libraries.js';
import { python, type Run } from './run.js';
import { downloadWheels, unpackWheel } from './wheels.js';

/** Which TensorFlow to build against; with neither file nor folder an installed one, else one from PyPI. */
export interface TensorFlowChoice {
  /** A CUDA build, whose CUDA libraries come with it where it is downloaded. */
  readonly cuda: boolean;
  /** A wheel of `tensorflow` or `tensorflow-cpu`. */
  readonly wheel?: string | undefined;
  /** The folder of an installed package `tensorflow`, or its site-packages. */
  readonly tensorflow?: string | undefined;
}

export interface FoundTensorFlow {
  /** Holds `include` and the libraries. */
  readonly folder: string;
  readonly cuda: boolean;
  /** In words. */
  readonly source: string;
}

/**
 * Finds or fetches a TensorFlow.
 *
 * @param site where wheels are unpacked, as pip would into site-packages; it must be kept with the engine
 * @param downloads where wheels are downloaded to
 */
export async function findTensorFlow(
  choice: TensorFlowChoice,
  {
    site,
    downloads,
    run,
    onStep,
  }: { site: string; downloads: string; run: Run; onStep: (step: string) => void },
): Promise<FoundTensorFlow> {
  const found = (folder: string, source: string) => {
    const cuda = isCudaBuild(folder);
    if (choice.cuda && !cuda)
      throw new UserError(`${source} is no CUDA build: leave out --cuda or give another`);
    return { folder, cuda, source };
  };

  if (choice.tensorflow !== undefined) {
    const folder = [choice.tensorflow, join(choice.tensorflow, 'tensorflow')].find(isTensorFlow);
    if (folder) return found(resolve(folder), `the TensorFlow in ${resolve(folder)}`);
    throw new UserError(
      `--tensorflow ${choice.tensorflow}: expected ${Object.keys(libraryNames())[0]} and include/tensorflow there, found ` +
        'none; give the folder that python3 -c "import tensorflow as tf; print(tf.sysconfig.get_lib())" prints',
    );
  }

  if (choice.wheel === undefined) {
    const installed = await installedTensorFlow(run);
    if (installed && (isCudaBuild(installed) || !choice.cuda)) {
      return found(installed, `the TensorFlow installed in ${installed}`);
    }
  }

  const wheel = choice.wheel ?? (await downloadTensorFlow(choice.cuda, downloads, run, onStep));
  onStep(`unpacking ${basename(wheel)}`);
  await unpackWheel(wheel, site, run);
  const folder = join(site, 'tensorflow');
  if (!isTensorFlow(folder)) {
    throw new UserError(
      `${wheel} holds no TensorFlow for this platform: expected ${Object.keys(libraryNames())[0]} and its headers; give ` +
        'a wheel of tensorflow or tensorflow-cpu from PyPI for this system and processor',
    );
  }
  const result = found(folder, `the wheel ${basename(wheel)}`);
  if (choice.cuda) await addCudaLibraries(site, downloads, run, onStep);
  return result;
}

async function installedTensorFlow(run: Run): Promise<string | null> {
  const script =
    "import importlib.util as u; s = u.find_spec('tensorflow'); print(*(s.submodule_search_locations if s else []))";
  const { status, output } = await run(python(), ['-c', script]);
  const folder = output.trim();
  return status === 0 && folder !== '' && isTensorFlow(folder) ? folder : null;
}

/** The version this was tested with; macOS has it for Apple's processors only. */
const VERSION = '2.21.0';

async function downloadTensorFlow(
  cuda: boolean,
  downloads: string,
  run: Run,
  onStep: (step: string) => void,
): Promise<string> {
  const cpuPackage = process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
  const requirement = `${cuda ? 'tensorflow' : cpuPackage}==${VERSION}`;
  onStep(
    `downloading ${requirement} from PyPI (${cuda ? '570 MB, then 2.8 GB of CUDA libraries' : '270 MB'})`,
  );
  await downloadWheels([requirement], downloads, run);
  return join(downloads, readdirSync(downloads)[0]!);
}

/** Puts the CUDA libraries that a wheel's extra `and-cuda` names beside its `tensorflow`, where it looks for them. */
async function addCudaLibraries(
  site: string,
  downloads: string,
  run: Run,
  onStep: (step: string) => void,
): Promise<void> {
  const info = readdirSync(site).find(name => name.endsWith('.dist-info')) ?? '';
  const metadata = join(site, info, 'METADATA');
  const text = existsSync(metadata) ? readFileSync(metadata, 'utf8') : '';
  const needed = [
    ...text.matchAll(/^Requires-Dist: (nvidia-[^;]+?)\s*;\s*\(?extra == ["']and-cuda["']\)?/gm),
  ];
  onStep(`downloading ${needed.length} packages of CUDA libraries from PyPI`);
  const folder = join(downloads, 'cuda');
  await downloadWheels(
    needed.map(match => match[1]!),
    folder,
    run,
  );
  for (const wheel of readdirSync(folder)) {
    await unpackWheel(join(folder, wheel), site, run);
    await rm(join(folder, wheel)); // they are 3 GB
  }
}
