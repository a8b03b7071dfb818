import { existsSync } from 'node:fs';
import { UserError } from '../../errors.js';
import { commandError, python, type Run, saysNoNetwork } from './run.js';

/** What an engine needs of the wheels it is made from; a TensorFlow wheel unpacks to 1.3 GB in all, this is 0.9 GB. */
const NEEDED = String.raw`tensorflow/(include/|libtensorflow|python/platform/build_info\.py)|nvidia/.*\.so|[^/]*\.dist-info/METADATA`;

const UNPACK = `
import re, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
archive.extractall(sys.argv[2], [name for name in archive.namelist() if re.match(sys.argv[3], name)])
`;

/** Unpacks what is needed of a wheel into `site`, without installing it. */
export async function unpackWheel(wheel: string, site: string, run: Run): Promise<void> {
  if (!existsSync(wheel)) throw new UserError(`--wheel ${wheel}: there is no such file`);
  const ran = await run(python(), ['-c', UNPACK, wheel, site, NEEDED]);
  if (ran.status === 0) return;
  if (/BadZipFile/.test(ran.output)) {
    throw new UserError(`${wheel} is not a wheel (a zip archive), or is cut short: download it again`);
  }
  throw commandError(`unpacking ${wheel}`, ran, 'is there space on the disk?');
}

const ADVICE =
  'download a wheel of tensorflow-cpu from PyPI elsewhere and give it by --wheel, or name an ' +
  'installed TensorFlow by --tensorflow';

/**
 * Downloads wheels, without what they depend on. They need not fit the Python at hand, which only unpacks them: where
 * PyPI has none for it, those for Python 3.12 are taken.
 */
export async function downloadWheels(
  requirements: readonly string[],
  folder: string,
  run: Run,
): Promise<void> {
  const download = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--dest',
    folder,
    ...requirements,
  ];
  let ran = await run(python(), download);
  const none = /No matching distribution/.test(ran.output) && !saysNoNetwork(ran.output);
  if (ran.status !== 0 && none && process.platform === 'linux') {
    ran = await run(python(), [...download, ...FOR_PYTHON_3_12]);
  }
  if (ran.status === 0) return;
  if (/No module named pip/.test(ran.output)) {
    throw new UserError(
      `${python()} has no pip to download a wheel with: install pip (apt install python3-pip), or ${ADVICE}`,
    );
  }
  throw commandError(`downloading ${requirements.join(', ')}`, ran, ADVICE, 'PyPI');
}

const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch;

const FOR_PYTHON_3_12 = [
  ...['--python-version', '3.12', '--implementation', 'cp', '--abi', 'cp312', '--abi', 'none'],
  ...['manylinux_2_27', 'manylinux_2_17', 'manylinux2014'].flatMap(tag => [
    '--platform',
    `${tag}_${machine}`,
  ]),
];
