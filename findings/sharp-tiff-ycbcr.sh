#!/usr/bin/env bash
# Guess: sharp gives a TIFF's colours as RGB, whatever the photometric interpretation it is stored in, as Pillow's convert("RGB") does.
# Seen: an uncompressed or LZW TIFF in YCbCr is handed over unconverted: luma, Cb and Cr stand in the places of red, green and blue, and
#   metadata calls the space sRGB. With JPEG inside, the colours are right.
# Versions: sharp 0.35.5 (libvips 8.18.7), Pillow 13.0.0 as writer.
# Hurts: scans and video stills in such files reach a vision tower in false colours without any error: red looks purple-blue, and questions
#   about colour are answered wrong.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
python_with Pillow==13.0.0
node_with sharp@0.35.5
"$PY" - "$WORK" <<'PYTHON'
import sys

from PIL import Image

red = Image.new("RGB", (16, 16), (200, 60, 30))
red.convert("YCbCr").save(f"{sys.argv[1]}/raw.tif")
red.convert("YCbCr").save(f"{sys.argv[1]}/lzw.tif", compression="tiff_lzw")
red.convert("YCbCr").save(f"{sys.argv[1]}/jpeg.tif", compression="jpeg")
for name in ("raw", "lzw", "jpeg"):
    with Image.open(f"{sys.argv[1]}/{name}.tif") as image:
        photometric, pixel = image.tag_v2[262], image.convert("RGB").getpixel((0, 0))
    print(f"{name}: photometric {photometric} (6 is YCbCr), Pillow {pixel}")
    assert photometric == 6
    assert all(abs(seen - stored) <= 3 for seen, stored in zip(pixel, (200, 60, 30)))
PYTHON
cat >"$WORK/read.mjs" <<'NODE'
import { strict as assert } from 'node:assert';
import sharp from 'sharp';

console.log(`libvips ${sharp.versions.vips}`);
for (const [name, expected] of [
  ['raw', [98, 89, 200]],
  ['lzw', [98, 89, 200]],
  ['jpeg', [200, 60, 30]],
]) {
  const { space } = await sharp(`${name}.tif`).metadata();
  const pixel = [...(await sharp(`${name}.tif`).toColourspace('srgb').raw().toBuffer()).subarray(0, 3)];
  console.log(`${name}: sharp ${pixel}, space ${space}`);
  assert.equal(space, 'srgb');
  assert.ok(pixel.every((value, i) => Math.abs(value - expected[i]) <= 3));
}
NODE
(cd "$WORK" && node read.mjs)
