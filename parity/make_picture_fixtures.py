"""Writes parity/fixtures/pictures/: odd picture files, and what Pillow and transformers' processors make of them.

cases.json says per file the SHA-256 of the RGB pixels, once with the colour beneath transparent pixels, as LLaVA's own code has
it, `Image.open(file).convert("RGB")`, and once laid on white, as transformers 5's processors do it (`convert_to_rgb`); null
where Pillow refuses the file.
"""

import hashlib
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
import transformers
from PIL import Image
from transformers.image_transforms import convert_to_rgb

OUT = Path(__file__).parent / "fixtures" / "pictures"
rng = np.random.default_rng(0)
W, H = 13, 7
RGB = rng.integers(0, 256, (H, W, 3)).astype(np.uint8)
RGBA = rng.integers(0, 256, (H, W, 4)).astype(np.uint8)
RGBA[0, :, 3], RGBA[1, :, 3] = 0, 255


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, colour_type, depth, rows, *extra):
    header = struct.pack(">IIBBBBB", W, H, depth, colour_type, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    whole = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", body), chunk(b"IEND", b"")]
    (OUT / name).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(whole))


def key(*values):
    return chunk(b"tRNS", struct.pack(f">{len(values)}H", *values))


def packed(values, bits):
    """Rows of `bits`-bit values, the first in the highest bits."""
    padded = np.pad(values, ((0, 0), (0, -values.shape[1] % (8 // bits))))
    parts = padded.reshape(H, -1, 8 // bits).astype(np.uint8)
    shifts = np.arange(8 // bits)[::-1] * bits
    return [row.tobytes() for row in (parts << shifts.astype(np.uint8)).sum(-1).astype(np.uint8)]


def pngs():
    grey16 = rng.integers(0, 500, (H, W)).astype(">u2")
    png("grey16-key.png", 0, 16, [r.tobytes() for r in grey16], key(int(grey16[0, 0])))
    png("grey16-low.png", 0, 16, [r.tobytes() for r in (grey16 % 200).astype(">u2")])
    png("grey16-alpha.png", 4, 16, [r.tobytes() for r in rng.integers(0, 65536, (H, W, 2)).astype(">u2")])
    rgb16 = rng.integers(0, 65536, (H, W, 3)).astype(">u2")
    png("rgb16-key.png", 2, 16, [r.tobytes() for r in rgb16], key(*map(int, rgb16[0, 0])))
    png("rgba16.png", 6, 16, [r.tobytes() for r in rng.integers(0, 65536, (H, W, 4)).astype(">u2")])
    png("rgb8-key.png", 2, 8, [r.tobytes() for r in RGB], key(*map(int, RGB[0, 0])))
    grey = rng.integers(0, 256, (H, W)).astype(np.uint8)
    png("grey8-key.png", 0, 8, [r.tobytes() for r in grey], key(int(grey[0, 0])))
    for bits in (1, 2, 4):
        values = rng.integers(0, 2**bits, (H, W))
        png(f"grey{bits}.png", 0, bits, packed(values, bits))
        png(f"grey{bits}-key.png", 0, bits, packed(values, bits), key(1))
        palette = chunk(b"PLTE", rng.integers(0, 256, (2**bits, 3)).astype(np.uint8).tobytes())
        png(f"palette{bits}.png", 3, bits, packed(values, bits), palette)
        png(f"palette{bits}-alpha.png", 3, bits, packed(values, bits), palette, chunk(b"tRNS", bytes([7, 130])))
    Image.fromarray(RGBA).save(OUT / "rgba.png")
    Image.fromarray(RGBA).convert("LA").save(OUT / "grey-alpha.png")
    exif = Image.Exif()
    exif[0x112] = 8
    Image.fromarray(RGB).save(OUT / "exif.png", exif=exif)
    Image.fromarray(RGB).save(OUT / "exif.webp", exif=exif, lossless=True)


def tiffs():
    picture = Image.fromarray(RGB)
    for orientation in range(1, 9):
        picture.save(OUT / f"orientation{orientation}.tif", tiffinfo={274: orientation})
    Image.fromarray(RGBA).save(OUT / "orientation-alpha.tif", tiffinfo={274: 5})
    picture.save(OUT / "orientation-lzw.tif", tiffinfo={274: 6}, compression="tiff_lzw")
    Image.fromarray(rng.integers(0, 500, (H, W)).astype(np.uint16)).save(OUT / "orientation-grey16.tif", tiffinfo={274: 7})
    Image.frombytes("CMYK", (W, H), RGBA.tobytes()).save(OUT / "orientation-cmyk.tif", tiffinfo={274: 8})
    ycbcr = picture.convert("YCbCr")
    ycbcr.save(OUT / "ycbcr.tif")
    ycbcr.save(OUT / "ycbcr-orientation.tif", tiffinfo={274: 3})
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        ycbcr.save(OUT / f"ycbcr-{compression}.tif", compression=compression)
    large = Image.fromarray(rng.integers(0, 256, (32, 48, 3)).astype(np.uint8))
    large.save(OUT / "jpeg.tif", compression="jpeg", quality=90)
    large.convert("YCbCr").save(OUT / "ycbcr-jpeg.tif", compression="jpeg", quality=90)
    Image.fromarray(RGBA).save(OUT / "rgba.tif")
    Image.fromarray(RGBA).convert("LA").save(OUT / "grey-alpha.tif")
    picture.convert("L").save(OUT / "grey.tif")
    picture.convert("1").save(OUT / "bits.tif")
    picture.convert("1").save(OUT / "bits-group4.tif", compression="group4")
    picture.quantize(16).save(OUT / "palette.tif")
    Image.fromarray(rng.integers(0, 500, (H, W)).astype(np.uint16)).save(OUT / "grey16.tif")
    Image.fromarray(rng.integers(-50, 400, (H, W)).astype(np.int32)).save(OUT / "grey32.tif")
    Image.fromarray(rng.uniform(-50, 400, (H, W)).astype(np.float32)).save(OUT / "float.tif")
    tiff("white-is-zero.tif", 0, [8], rng.integers(0, 256, (H, W)).astype(np.uint8).tobytes())
    tiff("rgb16.tif", 2, [16] * 3, rng.integers(0, 65536, (H, W, 3)).astype("<u2").tobytes())
    tiff("rgba-premultiplied.tif", 2, [8] * 4, RGBA.tobytes(), extra=1)
    tiff("rgb-spare.tif", 2, [8] * 4, RGBA.tobytes(), extra=0)
    tiff("grey4.tif", 1, [4], b"".join(packed(rng.integers(0, 16, (H, W)), 4)))


def tiff(name, photometric, bits, data, extra=None):
    """A TIFF of one strip, of kinds that Pillow does not write."""
    entries = [(256, 3, [W]), (257, 3, [H]), (258, 3, bits), (259, 3, [1]), (262, 3, [photometric]), (273, 4, [8])]
    entries += [(277, 3, [len(bits)]), (278, 3, [H]), (279, 4, [len(data)])] + ([(338, 3, [extra])] if extra is not None else [])
    data += b"\0" * (len(data) % 2)
    directory = 8 + len(data)
    spill = directory + 2 + 12 * len(entries) + 4
    table, more = struct.pack("<H", len(entries)), b""
    for tag, kind, values in entries:
        value = b"".join(struct.pack("<H" if kind == 3 else "<I", v) for v in values)
        if len(value) > 4:
            place = struct.pack("<I", spill + len(more))
            more += value + b"\0" * (len(value) % 2)
            value = place
        table += struct.pack("<HHI", tag, kind, len(values)) + value.ljust(4, b"\0")
    (OUT / name).write_bytes(struct.pack("<2sHI", b"II", 42, directory) + data + table + struct.pack("<I", 0) + more)


def bmps():
    picture = Image.fromarray(RGB)
    picture.save(OUT / "rgb24.bmp")
    picture.convert("L").save(OUT / "grey8.bmp")
    picture.convert("1").save(OUT / "bits1.bmp")
    picture.quantize(16).save(OUT / "palette8.bmp")
    Image.fromarray(RGBA).save(OUT / "rgba32.bmp")
    colours = lambda count, spare: b"".join(rng.integers(0, 256, 3).astype(np.uint8).tobytes() + spare for _ in range(count))
    sixteen, all256 = colours(16, b"\0"), colours(256, b"\0")
    four = b"".join(row + b"\0" * (-len(row) % 4) for row in packed(rng.integers(0, 16, (H, W)), 4))
    bmp("palette4.bmp", 4, 0, four, sixteen)
    bmp("palette4-down.bmp", 4, 0, four, sixteen, height=-H)
    pad = lambda rows: b"".join(row.tobytes() + b"\0" * (-row.nbytes % 4) for row in rows)
    deep = pad(rng.integers(0, 65536, (H, W)).astype("<u2"))
    bmp("rgb555.bmp", 16, 0, deep)
    bmp("rgb565.bmp", 16, 3, deep, struct.pack("<III", 0xF800, 0x7E0, 0x1F))
    bmp("rgb555-masks.bmp", 16, 3, deep, struct.pack("<III", 0x7C00, 0x3E0, 0x1F))
    full = rng.integers(0, 2**32, (H, W), dtype=np.uint64).astype("<u4").tobytes()
    bmp("rgb32.bmp", 32, 0, full)
    bmp("rgb32-down.bmp", 32, 0, full, height=-H)
    bmp("rgb32-masks.bmp", 32, 3, full, struct.pack("<III", 0xFF0000, 0xFF00, 0xFF))
    bmp("v4-alpha.bmp", 32, 3, full, header=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"\0" * 52)
    bmp("v5-abgr.bmp", 32, 3, full, header=struct.pack("<IIII", 0xFF, 0xFF00, 0xFF0000, 0xFF000000) + b"\0" * 68)
    bmp("v5-no-alpha.bmp", 32, 3, full, header=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0) + b"\0" * 68)
    rle8 = b"".join(bytes([5, y * 3, 0, 5, 1, 2, 3, 4, 5, 0, 3, 200, 0, 0]) for y in range(H)) + b"\0\1"
    bmp("rle8.bmp", 8, 1, rle8, all256)
    bmp("rle8-skip.bmp", 8, 1, bytes([13, 5, 0, 0, 0, 2, 3, 1]) + bytes([10, 7, 0, 0] + [13, 9, 0, 0] * 4 + [0, 1]), all256)
    rle4 = b"".join(bytes([5, 0x12, 0, 5, 0x34, 0x56, 0x70, 0, 3, 0xAB, 0, 0]) for y in range(H)) + b"\0\1"
    bmp("rle4.bmp", 4, 2, rle4, sixteen)
    os2 = lambda name, bits, palette, data: (OUT / name).write_bytes(
        struct.pack("<2sIHHIIHHHH", b"BM", 26 + len(palette + data), 0, 0, 26 + len(palette), 12, W, H, 1, bits) + palette + data
    )
    os2("os2-palette4.bmp", 4, colours(16, b""), four)
    os2("os2-rgb24.bmp", 24, b"", pad(RGB))


def bmp(name, bits, compression, data, palette=b"", height=H, header=b""):
    core = struct.pack("<IiiHHIIiiII", 40 + len(header), W, height, 1, bits, compression, len(data), 2835, 2835, 0, 0) + header
    start = 14 + len(core) + len(palette)
    (OUT / name).write_bytes(struct.pack("<2sIHHI", b"BM", start + len(data), 0, 0, start) + core + palette + data)


def others():
    picture = Image.fromarray(RGBA)
    picture.save(OUT / "alpha.webp", lossless=True, exact=True)
    picture.quantize(16).save(OUT / "transparent.gif", transparency=3)


def digest(pixels):
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def pixels_of(path, convert):
    try:
        # By its bytes, not its path: a mapped TIFF of orientation 5 to 8 comes out garbled of Pillow 13.0.
        return np.asarray(convert(Image.open(io.BytesIO(path.read_bytes()))))
    except Exception:
        return None


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    for write in (pngs, tiffs, bmps, others):
        write()
    cases = []
    for path in sorted(OUT.iterdir()):
        beneath = pixels_of(path, lambda image: image.convert("RGB"))
        white = pixels_of(path, lambda image: convert_to_rgb(image, return_numpy=True))
        size = list(Image.open(path).size) if beneath is None else [beneath.shape[1], beneath.shape[0]]
        cases.append(
            {"file": path.name, "size": size, "beneath": None if beneath is None else digest(beneath), "white": None if white is None else digest(white)}
        )
    versions = {"pillow": PIL.__version__, "transformers": transformers.__version__, "numpy": np.__version__}
    lines = ",\n".join(json.dumps(case) for case in cases)
    (OUT / "cases.json").write_text(f'{{"madeWith": {json.dumps(versions)},\n"cases": [\n{lines}\n]}}\n')
    print(len(cases), [case["file"] for case in cases if case["beneath"] is None or case["white"] is None])


main()
