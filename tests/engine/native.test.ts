import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildNative } from '../../src/engine/native/build.js';
import type { TensorFlowChoice } from '../../src/engine/native/find-tensorflow.js';
import { addonFolder, readManifest } from '../../src/engine/native/folder.js';
import type { Ran, Run } from '../../src/engine/native/run.js';
import { UserError } from '../../src/errors.js';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'native-test-'));
  folder = join(root, 'cache', 'native');
  for (const name of ['CXX', 'PYTHON']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  return rm(root, { recursive: true, force: true });
});

function put(file: string, text = ''): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The files of an installed Python package `tensorflow` that matter here. */
function putTensorFlow(at: string, cuda = false): void {
  put(join(at, 'libtensorflow_cc.so.2'), 'the library');
  put(join(at, 'libtensorflow_framework.so.2'));
  put(join(at, 'include', 'tensorflow', 'c', 'c_api.h'));
  put(join(at, 'python', 'platform', 'build_info.py'), `[('is_cuda_build', ${cuda ? 'True' : 'False'})]`);
}

const ok: Ran = { status: 0, output: '' };

/**
 * A machine on which everything works and no TensorFlow is installed. `broken` gives the results of commands that go
 * otherwise, by a piece of their command line.
 */
function machine(
  broken: Record<string, Ran> = {},
  wheel = (site: string) => putTensorFlow(join(site, 'tensorflow')),
) {
  const commands: string[] = [];
  const run: Run = async (command, args, options) => {
    const line = [command, ...args].join(' ');
    commands.push(line);
    for (const [piece, ran] of Object.entries(broken)) if (line.includes(piece)) return ran;
    if (line.includes('find_spec')) return { status: 0, output: '\n' };
    if (line.includes('pip download')) put(join(args[args.indexOf('--dest') + 1]!, 'tensorflow.whl'));
    if (line.includes('zipfile')) wheel(args[3]!);
    if (line.includes('install --ignore-scripts')) {
      const modules = join(options!.cwd!, 'node_modules');
      put(join(modules, '@tensorflow', 'tfjs-node', 'package.json'), '{}');
      put(join(modules, '@tensorflow', 'tfjs-node', 'dist', 'register_all_kernels.js'));
      put(join(modules, 'google-protobuf', 'package.json'), '{}');
    }
    if (line.includes('build-addon-from-source')) {
      // As the linker does: follow the links to headers and library.
      expect(existsSync(join(options!.cwd!, 'deps/include/tensorflow/c/c_api.h'))).toBe(true);
      expect(readFileSync(join(options!.cwd!, 'deps/lib/libtensorflow.so'), 'utf8')).toBe('the library');
      put(join(options!.cwd!, 'lib', 'napi-v8', 'tfjs_binding.node'));
    }
    return ok;
  };
  return { run, commands };
}

const build = (run: Run, choice: Partial<TensorFlowChoice> = {}, verify = async (_: string) => '9.8.7') =>
  buildNative(folder, { cuda: false, ...choice }, { run, verify, onStep: () => {} });

const failed = (output: string): Ran => ({ status: 1, output });

// The names of the libraries are the platform's; what is built from a wheel is tested where CI runs.
describe.runIf(process.platform === 'linux')('buildNative (skipped outside Linux)', () => {
  test('from a downloaded wheel: an engine that can be moved, without what only building needs', async () => {
    const { run, commands } = machine();
    let seen = '';
    const manifest = await build(run, {}, async built => {
      seen = readFileSync(join(addonFolder(built), 'deps/lib/libtensorflow_cc.so.2'), 'utf8');
      return '2.21.0';
    });
    expect(commands.find(line => line.includes('pip download'))).toMatch(/--no-deps .*tensorflow/);
    expect(seen).toBe('the library');
    expect(manifest.tensorflow).toEqual({
      version: '2.21.0',
      cuda: false,
      source: 'the wheel tensorflow.whl',
    });
    expect(readManifest(folder)).toEqual(manifest);
    // The whole folder: what a CUDA build seeks in `../nvidia` must be found from the link as from the folder.
    const link = join(addonFolder(folder), 'deps/lib');
    expect(readlinkSync(link)).toBe('../../site/tensorflow');
    expect(readFileSync(join(link, 'libtensorflow_cc.so.2'), 'utf8')).toBe('the library');
    expect(existsSync(join(addonFolder(folder), 'lib/napi-v8/tfjs_binding.node'))).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['addon', 'manifest.json', 'site']);
    expect(existsSync(join(folder, 'site/tensorflow/include'))).toBe(false);
    expect(readdirSync(dirname(folder)).sort()).toEqual(['native', 'native-build.log']);
  });

  test('on an installed TensorFlow: nothing is downloaded, and it is linked where it lies', async () => {
    const installed = join(root, 'site-packages', 'tensorflow');
    putTensorFlow(installed, true);
    const { run, commands } = machine({ find_spec: { status: 0, output: `${installed}\n` } });
    const manifest = await build(run, { cuda: true });
    expect(commands.join('\n')).not.toMatch(/pip|zipfile/);
    expect(manifest.tensorflow).toMatchObject({
      cuda: true,
      source: `the TensorFlow installed in ${installed}`,
    });
    expect(readlinkSync(join(addonFolder(folder), 'deps/lib'))).toBe(installed);
    expect(existsSync(join(installed, 'include'))).toBe(true);
  });

  test('an installed TensorFlow without CUDA does not do for --cuda: the wheel brings its CUDA libraries', async () => {
    const installed = join(root, 'site-packages', 'tensorflow');
    putTensorFlow(installed);
    const metadata = [
      'Requires-Dist: numpy>=1.26',
      'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
      'Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.3; extra == "and-cuda"',
    ].join('\n');
    const { run, commands } = machine({ find_spec: { status: 0, output: installed } }, site => {
      putTensorFlow(join(site, 'tensorflow'), true);
      put(join(site, 'tensorflow-2.21.0.dist-info', 'METADATA'), metadata);
    });
    expect((await build(run, { cuda: true })).tensorflow.cuda).toBe(true);
    const downloads = commands.filter(line => line.includes('pip download'));
    expect(downloads[0]).toMatch(/ tensorflow==/);
    expect(downloads[1]).toMatch(/ nvidia-cublas-cu12<13.0,>=12.5.3.2 nvidia-cudnn-cu12<10.0,>=9.3$/);
  });

  test('a Python that PyPI has no wheel for still downloads and unpacks one', async () => {
    const { run, commands } = machine();
    let first = true;
    const picky: Run = async (command, args, options) => {
      if (!args.includes('download') || !first) return run(command, args, options);
      first = false;
      return failed('ERROR: No matching distribution found for tensorflow-cpu==2.21.0');
    };
    await build(picky);
    expect(commands.find(line => line.includes('pip download'))).toMatch(
      /--python-version 3\.12 .*--platform/,
    );
  });

  test.each<[string, Record<string, Ran>, RegExp]>([
    [
      'no compiler',
      { 'g++ --version': { status: null, output: '' } },
      /takes a C\+\+ compiler \(g\+\+\), not found.*build-essential.*wasm/,
    ],
    [
      'no Python',
      { 'python3 --version': { status: null, output: '' } },
      /takes Python 3 \(python3\), not found/,
    ],
    [
      'PyPI out of reach',
      {
        'pip download': failed(
          'WARNING: Retrying after: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution\nERROR: Could not find a version that satisfies the requirement tensorflow-cpu (from versions: none)\nERROR: No matching distribution found for tensorflow-cpu',
        ),
      },
      /PyPI could not be reached \(Failed to establish a new connection\); check the network, or .*--wheel/,
    ],
    [
      'no pip',
      { 'pip download': failed('/usr/bin/python3: No module named pip') },
      /python3 has no pip .*install pip/,
    ],
    [
      'npm registry out of reach',
      {
        'install --ignore-scripts': failed(
          'npm error code ENOTFOUND\nnpm error request to https://registry.example failed, reason: getaddrinfo ENOTFOUND registry.example',
        ),
      },
      /the npm registry could not be reached \(ENOTFOUND\)/,
    ],
    [
      "Node's headers out of reach",
      {
        'build-addon-from-source': failed(
          'gyp WARN install got an error, rolling back install\ngyp ERR! configure error\ngyp ERR! stack Error: This is most likely not a problem with node-gyp or the package itself and\ngyp ERR! stack is related to network connectivity.',
        ),
      },
      /nodejs\.org, for Node's headers, could not be reached .*npm_config_nodedir/,
    ],
    [
      'code that does not compile',
      {
        'build-addon-from-source': failed(
          'make: Entering directory\n../binding/tfjs_backend.cc:42:10: fatal error: tensorflow/c/c_api.h: No such file\nmake: *** Error 1\ngyp ERR! not ok',
        ),
      },
      /compiling the addon: \.\.\/binding\/tfjs_backend\.cc:42:10: fatal error/,
    ],
  ])('%s: says so, with the log, and leaves no half-built engine', async (_, broken, words) => {
    const { run } = machine(broken);
    const building = build(run);
    await expect(building).rejects.toThrow(UserError);
    await expect(building).rejects.toThrow(words);
    await expect(building).rejects.toThrow(`(log: ${folder}-build.log)`);
    expect(readdirSync(dirname(folder))).toEqual(['native-build.log']);
  });

  test('missing tools are said before anything is downloaded', async () => {
    const { run, commands } = machine({ 'make --version': { status: null, output: '' } });
    await expect(build(run)).rejects.toThrow(/make \(make\), not found/);
    expect(commands.every(line => line.endsWith('--version'))).toBe(true);
  });

  test('a wheel that is none, is of another package or is not there', async () => {
    const wheel = join(root, 'some.whl');
    await expect(build(machine().run, { wheel })).rejects.toThrow(/there is no such file/);
    put(wheel, 'not a zip archive');
    const bad = machine({ zipfile: failed('Traceback\nzipfile.BadZipFile: File is not a zip file') });
    await expect(build(bad.run, { wheel })).rejects.toThrow(/is not a wheel \(a zip archive\)/);
    const other = machine({}, site => put(join(site, 'numpy', 'core.so')));
    await expect(build(other.run, { wheel })).rejects.toThrow(
      /holds no TensorFlow for this platform: expected libtensorflow_cc/,
    );
  });

  test('a folder without TensorFlow, or without CUDA where it is asked for', async () => {
    const { run } = machine();
    await expect(build(run, { tensorflow: root })).rejects.toThrow(
      /expected libtensorflow_cc.* found none; .*sysconfig/,
    );
    putTensorFlow(join(root, 'tensorflow'));
    await expect(build(run, { tensorflow: root, cuda: true })).rejects.toThrow(
      /no CUDA build: leave out --cuda/,
    );
    expect((await build(run, { tensorflow: root })).tensorflow.source).toContain(join(root, 'tensorflow'));
  });

  test('an engine that fails its self-test does not replace one that works', async () => {
    const { run } = machine();
    await build(run, {}, async () => 'the old one');
    const wrong = async () => {
      throw new UserError('its softmax differs');
    };
    await expect(build(run, {}, wrong)).rejects.toThrow(/its softmax differs \(log/);
    expect(readManifest(folder)?.tensorflow.version).toBe('the old one');
    await build(run, {}, async () => 'the new one');
    expect(readManifest(folder)?.tensorflow.version).toBe('the new one');
    expect(readdirSync(dirname(folder)).sort()).toEqual(['native', 'native-build.log']);
  });

  test('two builds at once both succeed, and leave one whole engine', async () => {
    const builds = ['a', 'b'].map(version => build(machine().run, {}, async () => version));
    const versions = (await Promise.all(builds)).map(manifest => manifest.tensorflow.version);
    expect(versions).toEqual(['a', 'b']);
    expect(versions).toContain(readManifest(folder)?.tensorflow.version);
    expect(existsSync(join(addonFolder(folder), 'deps/lib/libtensorflow_cc.so.2'))).toBe(true);
    expect(readdirSync(dirname(folder)).sort()).toEqual(['native', 'native-build.log']);
  });

  test('what killed builds left goes, what running ones need stays, and a foreign folder is not touched', async () => {
    const dead = `${folder}.building-99999999-abcdef`;
    const alive = `${folder}.building-${process.ppid}-abcdef`;
    for (const left of [dead, alive]) put(join(left, 'file'));
    await build(machine().run);
    expect([dead, alive].map(existsSync)).toEqual([false, true]);

    await rm(folder, { recursive: true });
    put(join(folder, 'thesis.tex'));
    await expect(build(machine().run)).rejects.toThrow(/something other than a native engine/);
    expect(existsSync(join(folder, 'thesis.tex'))).toBe(true);
  });
});
