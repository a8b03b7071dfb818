import { existsSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../make-folder.js';
import { libraryNames } from './libraries.js';
import { commandError, type Run } from './run.js';

/** The package whose addon is built; its kernels belong to this version of TensorFlow.js. */
export const ADDON = '@tensorflow/tfjs-node';
export const ADDON_VERSION = '4.22.0';

/** npm as it runs this process, or the one on the PATH. */
const npm = (): string[] => {
  const running = process.env.npm_execpath;
  return running?.endsWith('.js') ? [process.execPath, running] : ['npm'];
};

const runNpm = (run: Run, args: readonly string[], options: Parameters<Run>[2]) => {
  const [command, ...first] = npm();
  return run(command!, [...first, ...args], options);
};

/**
 * Fetches the addon's source into `folder`. It comes from the registry even where the package is installed, since npm
 * drops an optional package whose install script failed, source and all.
 *
 * @returns the package's folder
 */
export async function fetchAddonSource(folder: string, run: Run): Promise<string> {
  await makeFolder(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${ADDON}@${ADDON_VERSION}`];
  const ran = await runNpm(run, install, { cwd: folder });
  if (ran.status !== 0) {
    throw commandError(`fetching ${ADDON} ${ADDON_VERSION}`, ran, 'see the log', 'the npm registry');
  }
  return join(folder, 'node_modules', ADDON);
}

/** Compiles the addon in the package's own folder, against the TensorFlow in `tensorflow`. */
export async function compileAddon(source: string, tensorflow: string, run: Run): Promise<void> {
  const lib = join(source, 'deps', 'lib');
  await makeFolder(lib);
  for (const [file, names] of Object.entries(libraryNames())) {
    for (const name of names) await symlink(join(tensorflow, file), join(lib, name));
  }
  await symlink(join(tensorflow, 'include'), join(source, 'deps', 'include'));
  // macOS: the addon finds the libraries by the names written into a wheel's, which are relative to its run path.
  const env = process.platform === 'darwin' ? { LDFLAGS: '-Wl,-rpath,@loader_path/../../deps/lib' } : {};
  const ran = await runNpm(run, ['run', 'build-addon-from-source'], {
    cwd: source,
    env: { ...env, ...headers() },
  });
  if (ran.status !== 0) {
    const advice = 'set npm_config_nodedir to a folder that holds include/node, or see the log';
    throw commandError('compiling the addon', ran, advice, "nodejs.org, for Node's headers,");
  }
}

/** Node's headers where they lie beside this Node, as its archives bring them; or node-gyp downloads them. */
function headers(): Record<string, string> {
  const prefix = dirname(dirname(process.execPath));
  const beside = existsSync(join(prefix, 'include', 'node', 'node_api.h'));
  return beside && !process.env.npm_config_nodedir ? { npm_config_nodedir: prefix } : {};
}

/**
 * Copies from the compiled package what runs: kernels, addon and the one package they need. `@tensorflow/tfjs` and
 * `tfjs-core` become stand-ins, for which the loader puts this program's tfjs-core.
 *
 * The addon looks for TensorFlow in its `deps/lib`, which becomes a link to the whole folder: a CUDA build looks for CUDA
 * in `../nvidia` seen from where it was found, which a link to the library alone would lead astray.
 *
 * @param tensorflow the link's target, relative to `deps` in `target`, or absolute
 */
export async function installAddon(source: string, target: string, tensorflow: string): Promise<void> {
  await makeFolder(target);
  for (const part of ['package.json', 'dist', 'lib']) {
    await cp(join(source, part), join(target, part), { recursive: true });
  }
  const modules = join(target, 'node_modules');
  await cp(join(source, '..', '..', 'google-protobuf'), join(modules, 'google-protobuf'), {
    recursive: true,
  });
  for (const name of ['tfjs', 'tfjs-core']) {
    const folder = join(modules, '@tensorflow', name);
    await makeFolder(folder);
    const text = `throw new Error('a stand-in: only vlm-spatial loads this native engine');\n`;
    await writeFile(join(folder, 'index.js'), text);
  }
  await mkdir(join(target, 'deps'));
  await symlink(tensorflow, join(target, 'deps', 'lib'));
}
