#!/usr/bin/env bash
# Guess: an image file has the same pixels whether Pillow opens it by its path or from its bytes in memory.
# Seen: an uncompressed single-strip TIFF of mode L (RGBA, CMYK and I;16, too) that is to be turned by a quarter (orientation 5 to 8)
#   comes turned from memory; by its path its stored rows are cut at the turned width, so that pixels are scrambled, and the size changes
#   on loading. Square images, modes that are not memory-mapped (RGB) and compressed files are alike both ways.
# Versions: Pillow 13.0.0.
# Hurts: a dataset read from a folder and the same one packed into Parquet or a tar give a model different images.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
python_with Pillow==13.0.0
"$PY" - "$WORK" <<'PYTHON'
import io
import sys

from PIL import Image


def both_ways(mode, size, orientation, compression="raw"):
    """Size before and after loading, and pixels: by path, then from memory."""
    width, height = size
    channels = {"I;16": 2}.get(mode) or len(Image.new(mode, (1, 1)).getbands())
    stored = Image.frombytes(mode, size, bytes(i % 251 for i in range(width * height * channels)))
    path = f"{sys.argv[1]}/turned.tif"
    stored.save(path, tiffinfo={274: orientation}, compression=compression)
    with open(path, "rb") as file:
        memory = io.BytesIO(file.read())
    seen = []
    for source in (path, memory):
        with Image.open(source) as image:
            announced = image.size
            image.load()
            seen.append((announced, image.size, image.tobytes()))
    return stored, *seen


stored, by_path, from_memory = both_ways("L", (4, 3), 6)
print("stored, 4 wide:  ", list(stored.tobytes()))
for name, (announced, size, pixels) in (("by path", by_path), ("from memory", from_memory)):
    print(f"{name:12} announced {announced}, loaded {size}: {list(pixels)}")
assert from_memory[1:] == ((3, 4), stored.transpose(Image.Transpose.ROTATE_270).tobytes())
assert by_path[:2] == ((3, 4), (4, 3))
assert list(by_path[2]) == [9, 6, 3, 0, 10, 7, 4, 1, 11, 8, 5, 2]

for case, same in (
    *((("L", (4, 3), orientation), orientation < 5) for orientation in range(1, 9)),
    (("RGBA", (4, 3), 6), False),
    (("CMYK", (4, 3), 6), False),
    (("I;16", (4, 3), 6), False),
    (("RGB", (4, 3), 6), True),
    (("L", (3, 3), 6), True),
    (("L", (4, 3), 6, "tiff_lzw"), True),
):
    _, path, memory = both_ways(*case)
    print(*case, "alike" if path == memory else "differ")
    assert (path == memory) == same, case
PYTHON
