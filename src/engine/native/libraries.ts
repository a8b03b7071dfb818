import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';

/** A library's file in a TensorFlow folder → the names under which tfjs-node's addon links and loads it. */
type LibraryNames = Readonly<Record<string, readonly string[]>>;

const platforms: Partial<Record<NodeJS.Platform, LibraryNames>> = {
  linux: {
    'libtensorflow_cc.so.2': ['libtensorflow.so', 'libtensorflow_cc.so.2'],
    'libtensorflow_framework.so.2': ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'],
  },
  darwin: {
    'libtensorflow_cc.2.dylib': ['libtensorflow.2.dylib', 'libtensorflow_cc.2.dylib'],
    'libtensorflow_framework.2.dylib': ['libtensorflow_framework.2.dylib'],
  },
};

/** @throws UserError where no native engine can be built */
export function libraryNames(platform: NodeJS.Platform = process.platform): LibraryNames {
  const names = platforms[platform];
  if (names) return names;
  throw new UserError(
    `the native engine can be built on Linux and macOS, and this is ${platform}; use --backend wasm or gpu, or on Windows ` +
      'its Linux subsystem (WSL 2)',
  );
}

/** Whether `folder` is the folder of an installed or unpacked Python package `tensorflow` with all that is needed. */
export const isTensorFlow = (folder: string): boolean =>
  [...Object.keys(libraryNames()), 'include/tensorflow/c/c_api.h'].every(file =>
    existsSync(join(folder, file)),
  );

/** Whether the TensorFlow in `folder` says that it was built with CUDA. */
export function isCudaBuild(folder: string): boolean {
  const info = join(folder, 'python', 'platform', 'build_info.py');
  return existsSync(info) && /['"]is_cuda_build['"][,:]\s*True/.test(readFileSync(info, 'utf8'));
}
