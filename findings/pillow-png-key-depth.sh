#!/usr/bin/env bash
# Guess: a PNG's tRNS chunk, a colour that is transparent, works at every bit depth: Pillow's convert("RGBA") makes that colour transparent.
# Seen: at depths 2 and 4 the key stays at the file's depth while samples are scaled to 8 bits, so the colour stays opaque unless the
#   key is 0; of a 16-bit RGB key the low bytes are compared with the samples' high bytes, so another colour can vanish in its place.
#   1 and 8 bits are right.
# Versions: Pillow 13.0.0.
# Hurts: diagrams and icons laid on white before a vision tower sees them keep a coloured ground, or lose another colour.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
python_with Pillow==13.0.0
"$PY" - <<'PYTHON'
import io
import struct
import zlib

from PIL import Image


def png(width, depth, colour_type, row, key):
    """A PNG of one row, after the specification's chunk layout."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, 1, depth, colour_type, 0, 0, 0)),
        (b"tRNS", b"".join(sample.to_bytes(2, "big") for sample in key)),
        (b"IDAT", zlib.compress(b"\0" + row)),
        (b"IEND", b""),
    )
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def alphas(data):
    return list(Image.open(io.BytesIO(data)).convert("RGBA").getchannel("A").get_flattened_data())


GREY, RGB = 0, 2
words = struct.Struct(">6H").pack
for name, data, by_the_format, expected in (
    ("grey 8: samples 7 200, key 200", png(2, 8, GREY, bytes([7, 200]), [200]), [255, 0], [255, 0]),
    ("grey 1: samples 0 1, key 1", png(2, 1, GREY, bytes([0b01000000]), [1]), [255, 0], [255, 0]),
    ("grey 2: samples 0 1 2 3, key 2", png(4, 2, GREY, bytes([0b00011011]), [2]), [255, 255, 0, 255], [255] * 4),
    ("grey 4: samples 0 12, key 0", png(2, 4, GREY, bytes([0x0C]), [0]), [0, 255], [0, 255]),
    ("grey 4: samples 3 12, key 12", png(2, 4, GREY, bytes([0x3C]), [12]), [255, 0], [255, 255]),
    (
        "RGB 16: samples 010203 (high bytes), 405060; key 4001 5002 6003",
        png(2, 16, RGB, words(0x0100, 0x0200, 0x0300, 0x4001, 0x5002, 0x6003), [0x4001, 0x5002, 0x6003]),
        [255, 0],
        [0, 255],
    ),
):
    seen = alphas(data)
    print(f"{name}: alpha {seen}, by the format {by_the_format}")
    assert seen == expected, name
PYTHON
