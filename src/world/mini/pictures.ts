import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { makeFolder } from '../../make-folder.js';
import { rasterizeScene } from '../scene/draw.js';
import { PALETTE, type Scene, withContrast } from '../scene/scene.js';

/** A scene to draw, and the file it goes to, relative to its benchmark's folder. */
export interface Picture {
  readonly path: string;
  readonly scene: Scene;
}

/** Scenes drawn at once. */
const BATCH = 32;

/** The scene as a JPEG file, as most of the benchmarks' images are; high quality, colours at full resolution. */
async function sceneJpeg(scene: Scene, contrast: number): Promise<Buffer> {
  const pixels = await rasterizeScene(scene, withContrast(PALETTE, contrast));
  const { size } = scene;
  return sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

/** Draws every picture into `folder`; `onDrawn` gets the number of pictures drawn since it was last called. */
export async function writePictures(
  folder: string,
  pictures: readonly Picture[],
  contrast: number,
  onDrawn: (pictures: number) => void,
): Promise<void> {
  for (const subfolder of new Set(pictures.map(({ path }) => dirname(path))))
    await makeFolder(join(folder, subfolder));
  for (let start = 0; start < pictures.length; start += BATCH) {
    const batch = pictures.slice(start, start + BATCH);
    await Promise.all(
      batch.map(async ({ path, scene }) => writeFile(join(folder, path), await sceneJpeg(scene, contrast))),
    );
    onDrawn(batch.length);
  }
}
