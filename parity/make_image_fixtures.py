"""Writes parity/fixtures/images/: odd image files, and what Pillow and transformers' image processors make of them.

Every source is decoded as LLaVA does it, Image.open(file).convert('RGB'), before a processor sees it (without the notes that
Pillow keeps about the file): the processors' own conversion composites transparency onto white since transformers 5.

cases.json lists per source the SHA-256 of the decoded pixels, and per processor either a PNG of the resulting square
(pixel values turned back to 8 bits, which is checked to be exact) or, where it is large, the SHA-256 of its pixels.
"""

import hashlib
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
import transformers
from PIL import Image, ImageCms
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

OUT = Path(__file__).parent / "fixtures" / "images"
rng = np.random.default_rng(0)


def photo(width, height, channels=3, noise=10):
    """Waves, an edge and noise: ringing, aliasing and chroma all have something to get wrong."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 90 * np.sin(x / 7 + c) + 40 * np.cos(y / 5 * (c + 1)) for c in range(channels)]
    values = np.stack(waves, -1) + rng.normal(0, noise, (height, width, channels))
    values[height // 3 : height // 2, width // 4 : width // 2] = [255, 0, 255, 0][:channels]
    return np.clip(values, 0, 255).astype(np.uint8)


def png(colour_type, depth, width, height, rows, extra=b""):
    """A PNG of kinds that Pillow does not write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def odd_profile():
    """A colour profile that swaps red and blue: whoever applies it shows."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.find(b"rXYZ"), profile.find(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


def write_sources():
    wide, tall = Image.fromarray(photo(61, 43)), Image.fromarray(photo(29, 67))
    save = lambda image, name, **options: image.save(OUT / name, **options)
    save(wide, "wide.png")
    save(tall, "tall.png")
    save(Image.fromarray(photo(42, 42)), "same.png")
    save(Image.fromarray(photo(3, 2)), "tiny.png")
    save(wide, "420.jpg", quality=80)
    save(tall, "422.jpg", quality=85, subsampling=1)
    save(wide, "444.jpg", quality=95, subsampling=0)
    save(tall, "progressive.jpg", quality=60, progressive=True)
    exif = Image.Exif()
    exif[0x112] = 6
    save(wide, "exif-rotated.jpg", quality=90, exif=exif)
    save(wide, "profile.jpg", quality=90, icc_profile=odd_profile())
    save(wide, "profile.png", icc_profile=odd_profile())
    grey = Image.fromarray(photo(43, 31, 1)[..., 0])
    save(grey, "grey.png")
    save(grey, "grey.jpg")
    save(grey.convert("1"), "bits.png")
    cmyk = Image.frombytes("CMYK", (43, 31), photo(43, 31, 4).tobytes())
    save(cmyk, "cmyk.jpg", quality=90)
    save(cmyk, "cmyk.tif", compression="tiff_lzw")
    rgba = Image.fromarray(photo(43, 31, 4))
    save(rgba, "rgba.png")
    save(rgba, "rgba.webp", lossless=True, exact=True)
    save(Image.frombytes("LA", (43, 31), photo(43, 31, 2).tobytes()), "grey-alpha.png")
    palette = wide.convert("P", palette=Image.Palette.ADAPTIVE, colors=32)
    save(palette, "palette.png")
    save(palette, "palette-transparent.png", transparency=3)
    save(palette, "palette.gif")
    save(tall, "lossy.webp", quality=80)
    save(tall, "rgb.tif", compression="tiff_lzw")
    deep = photo(21, 13).astype(np.uint16) * 256 + rng.integers(0, 256, (13, 21, 3)).astype(np.uint16)
    (OUT / "rgb16.png").write_bytes(png(2, 16, 21, 13, [row.astype(">u2").tobytes() for row in deep]))
    deep = (np.arange(21 * 13).reshape(13, 21) * 7 % 400).astype(np.uint16)  # around 255, where Pillow cuts off
    (OUT / "grey16.png").write_bytes(png(0, 16, 21, 13, [row.astype(">u2").tobytes() for row in deep]))
    gamma = b"gAMA" + struct.pack(">I", 100000)
    gamma = struct.pack(">I", 4) + gamma + struct.pack(">I", zlib.crc32(gamma))
    (OUT / "gamma.png").write_bytes(png(2, 8, 21, 13, [row.tobytes() for row in photo(21, 13)], gamma))
    save(Image.fromarray(photo(640, 427, noise=2)), "large.jpg", quality=75)


MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def processors():
    square = lambda side: {"height": side, "width": side}
    common = {"image_mean": MEAN, "image_std": STD}
    clip = lambda size, crop, **more: CLIPImageProcessorPil(
        size={"shortest_edge": size}, crop_size=square(crop), **common, **more
    )
    return {
        "crop": clip(42, 42),
        "pad": LlavaImageProcessorPil(
            size={"shortest_edge": 42}, crop_size=square(42), do_pad=True, **common
        ),
        "siglip": SiglipImageProcessorPil(size=square(42), image_mean=[0.5] * 3, image_std=[0.5] * 3),
        "small": clip(14, 14),
        "inner-crop": clip(51, 42),
        "outer-crop": clip(31, 42),
        "bilinear": clip(42, 42, resample=2),
        "lanczos": clip(42, 42, resample=1),
        "crop-336": clip(336, 336),
        "pad-336": LlavaImageProcessorPil(
            size={"shortest_edge": 336}, crop_size=square(336), do_pad=True, **common
        ),
    }


def run(processor, image):
    """Pixel values [H, W, 3] and the 8-bit square they stand for."""
    values = processor(image, return_tensors="np")["pixel_values"][0].transpose(1, 2, 0)
    mean, std = np.float32(processor.image_mean), np.float32(processor.image_std)
    square = np.rint((values.astype(np.float64) * std + mean) * 255).astype(np.uint8)
    again = ((square.astype(np.float64) * processor.rescale_factor).astype(np.float32) - mean) / std
    assert (again == values).all()
    return values, square


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    write_sources()
    all_processors = processors()
    everywhere, some, big = ["crop", "pad"], ["siglip", "small", "inner-crop", "outer-crop", "bilinear", "lanczos"], ["crop-336", "pad-336"]
    wanted = {"wide.png": everywhere + some, "tall.png": everywhere + some + big, "420.jpg": everywhere + some, "large.jpg": big}
    cases = []
    for path in sorted(OUT.iterdir()):
        image = Image.fromarray(np.array(Image.open(path).convert("RGB")))
        case = {"file": path.name, "width": image.width, "height": image.height, "decoded": digest(np.array(image)), "squares": {}}
        for name in wanted.get(path.name, everywhere):
            values, square = run(all_processors[name], image)
            if name in big:
                case["squares"][name] = {"sha256": digest(square)}
                continue
            png_name = f"{path.stem}-{path.suffix[1:]}.{name}.expected.png"
            Image.fromarray(square).save(OUT / png_name, optimize=True)
            case["squares"][name] = {"png": png_name}
            if path.name == "420.jpg" and name == "pad":
                values.astype("<f4").tofile(OUT / "420-jpg.pad.pixels.f32")
        cases.append(case)
    configs = {
        name: {k: v for k, v in json.loads(p.to_json_string()).items() if k.startswith(("do_", "size", "crop", "image_", "resample", "rescale"))}
        for name, p in all_processors.items()
    }
    made_with = {"pillow": PIL.__version__, "transformers": transformers.__version__, "numpy": np.__version__}
    lines = ",\n".join(json.dumps(case) for case in cases)
    (OUT / "cases.json").write_text(
        f'{{"madeWith": {json.dumps(made_with)},\n"processors": {json.dumps(configs)},\n"cases": [\n{lines}\n]}}\n'
    )


main()
