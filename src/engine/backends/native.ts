import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { addonFolder, nativeFolder, readManifest } from '../native/folder.js';
import { libraryNames } from '../native/libraries.js';
import { loadTensorFlow } from './tensorflow.js';
import type { BackendLoader } from './types.js';

/** The engine that `vlm-spatial native` built: libtensorflow of a PyPI wheel or of an installed TensorFlow. */
export const loadNative: BackendLoader = async options => {
  const folder = nativeFolder();
  const manifest = readManifest(folder);
  if (!manifest) throw new Error(`no native engine in ${folder}; vlm-spatial native builds one`);
  const { platform, arch, tensorflow } = manifest;
  if (platform !== process.platform || arch !== process.arch) {
    throw new Error(
      `the native engine in ${folder} was built for ${platform} ${arch}; build one for this machine`,
    );
  }
  const libraries = join(addonFolder(folder), 'deps', 'lib');
  if (Object.keys(libraryNames()).some(name => !existsSync(join(libraries, name)))) {
    throw new Error(
      `${tensorflow.source}, which the native engine uses, has moved or gone; run vlm-spatial native again`,
    );
  }
  return loadTensorFlow(addonFolder(folder), options);
};
