import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { messageOf, UserError } from '../../errors.js';
import { makeFolder } from '../../make-folder.js';
import { ADDON, ADDON_VERSION, compileAddon, fetchAddonSource, installAddon } from './addon.js';
import { findTensorFlow, type TensorFlowChoice } from './find-tensorflow.js';
import { addonFolder, type Manifest, manifestFile } from './folder.js';
import { libraryNames } from './libraries.js';
import { loggingRun, python, type Run } from './run.js';

/** What a build needs of the world; tests give their own. */
export interface BuildTools {
  readonly run: Run;
  /**
   * Starts the engine in `folder` in a process of its own and gives its libtensorflow's version. Throws an error with
   * the reason if it does not pass the self-test.
   */
  readonly verify: (folder: string) => Promise<string>;
  /** Told before each long step. */
  readonly onStep: (step: string) => void;
}

/**
 * Builds a native engine and puts it at `folder`, in place of one that is there: tfjs-node's addon on the libtensorflow of
 * a TensorFlow for Python. Everything happens in a folder beside it, which takes its place at the end, after the engine
 * has passed the self-test; so a failed build, or two at once, leave a whole engine behind.
 *
 * @throws UserError with the reason and where the log is
 */
export async function buildNative(
  folder: string,
  choice: TensorFlowChoice,
  tools: Omit<BuildTools, 'run'> & { readonly run?: Run },
): Promise<Manifest> {
  libraryNames(); // throws where no engine can be built
  if (existsSync(folder) && !existsSync(manifestFile(folder)) && (await readdir(folder)).length > 0) {
    throw new UserError(
      `${folder} holds something other than a native engine: name another folder by VLM_SPATIAL_NATIVE`,
    );
  }
  await makeFolder(dirname(folder));
  await removeAbandoned(folder);
  const log = `${folder}-build.log`;
  await writeFile(log, `node ${process.version}, ${process.platform} ${process.arch}\n`);
  const work = await mkdtemp(`${folder}.building-${process.pid}-`);
  try {
    const manifest = await buildIn(work, choice, { run: loggingRun(log), ...tools });
    await replace(folder, work);
    return manifest;
  } catch (error) {
    throw new UserError(`${messageOf(error)} (log: ${log})`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function buildIn(work: string, choice: TensorFlowChoice, tools: BuildTools): Promise<Manifest> {
  const { run, verify, onStep } = tools;
  await requireBuildTools(run);
  const [site, downloads, source] = ['site', 'downloads', 'source'].map(name => join(work, name)) as [
    string,
    string,
    string,
  ];
  const tensorflow = await findTensorFlow(choice, { site, downloads, run, onStep });
  onStep(`fetching the source of ${ADDON} ${ADDON_VERSION} from the npm registry`);
  const addon = await fetchAddonSource(source, run);
  onStep(`compiling its addon against ${tensorflow.source}`);
  await compileAddon(addon, tensorflow.folder, run);

  // An unpacked wheel moves with the engine, an installation stays where it lies.
  const fromDeps = relative(join(addonFolder(work), 'deps'), tensorflow.folder);
  const own = tensorflow.folder.startsWith(site);
  await installAddon(addon, addonFolder(work), own ? fromDeps : tensorflow.folder);
  await rm(source, { recursive: true });
  await rm(downloads, { recursive: true, force: true });
  if (own) await rm(join(tensorflow.folder, 'include'), { recursive: true });

  const manifest = (version: string): Manifest => ({
    format: 1,
    addon: `${ADDON} ${ADDON_VERSION}`,
    tensorflow: { version, cuda: tensorflow.cuda, source: tensorflow.source },
    node: process.version,
    platform: process.platform,
    arch: process.arch,
    built: new Date().toISOString(),
  });
  const write = (value: Manifest) => writeFile(manifestFile(work), `${JSON.stringify(value, null, 2)}\n`);
  await write(manifest('not started yet'));
  onStep('starting and testing it');
  const complete = manifest(await verify(work));
  await write(complete);
  return complete;
}

/** node-gyp needs all three; better said before anything is downloaded. */
async function requireBuildTools(run: Run): Promise<void> {
  const compiler = process.env.CXX ?? (process.platform === 'darwin' ? 'c++' : 'g++');
  const tools = { [python()]: 'Python 3', [compiler]: 'a C++ compiler', make: 'make' };
  const missing = [];
  for (const [command, name] of Object.entries(tools)) {
    if ((await run(command, ['--version'])).status !== 0) missing.push(`${name} (${command})`);
  }
  if (missing.length === 0) return;
  throw new UserError(
    `building the native engine takes ${missing.join(' and ')}, not found on the PATH; install what is missing (Debian, ` +
      'Ubuntu: apt install build-essential python3 python3-pip; Fedora: dnf install gcc-c++ make python3-pip; macOS: ' +
      'xcode-select --install). Without it, --backend wasm works',
  );
}

/** Puts `work` at `folder`. Another process may be doing the same: the last one wins. */
async function replace(folder: string, work: string): Promise<void> {
  const old = work.replace('.building-', '.old-');
  for (;;) {
    await rename(folder, old).catch(ignoreMissing);
    try {
      await rename(work, folder);
      break;
    } catch (error) {
      if (!isCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
      await rm(old, { recursive: true, force: true });
    }
  }
  await rm(old, { recursive: true, force: true });
}

/** Removes what builds that were killed have left beside `folder`. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const [, left, pid] = /^(.*)\.(?:building|old)-(\d+)-\w+$/.exec(name) ?? [];
    if (left !== basename(folder) || isRunning(Number(pid))) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

const isCode = (error: unknown, ...codes: string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '');

function ignoreMissing(error: unknown): void {
  if (!isCode(error, 'ENOENT')) throw error;
}
