"""Writes parity/fixtures/parquet/: small POPE, VQAv2, GQA, CV-Bench and 2DS tables as other programs write them.

Codecs, page versions, page checksums and dictionaries by pyarrow; images as bytes in a struct, bytes alone, base64, data URLs,
and paths alone; lists as lists of structs, as structs of lists and as JSON. `expected.json` says what Hugging Face's `datasets`
reads back from each file: the images' SHA-256 and, for VQAv2, the answers.
"""

import base64
import hashlib
import io
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Image, disable_progress_bars, load_dataset
from PIL import Image as PillowImage

OUT = Path(__file__).parent / "fixtures" / "parquet"
CODECS = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
COUNT = 6


def picture(seed: int, kind: str = "PNG") -> bytes:
    # Half noise, half plain: codecs store noise as it is, and plain parts in their own ways.
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    pixels[:, 12:] = seed * 20
    file = io.BytesIO()
    PillowImage.fromarray(pixels).save(file, kind, **({"compress_level": 0} if kind == "PNG" else {}))
    return file.getvalue()


PICTURES = [picture(seed, "JPEG" if seed % 2 else "PNG") for seed in range(COUNT)]


def numbers(first: int = 0) -> list[int]:
    return [first + i for i in range(COUNT)]


def pope(images: pa.Array) -> dict:
    return {
        "question_id": pa.array([str(i) for i in numbers()]),
        "question": pa.array([f"Is there a thing number {i}?" for i in numbers()]),
        "answer": pa.array(["Yes", "no", "yes.", "No", "YES", "no."]),
        "image_source": pa.array([f"COCO_val2014_{i:012d}" for i in numbers()]),
        "category": pa.array(["random"] * COUNT),
        "image": images,
    }


ANSWERS = [["three", "3", "two"] * 3 + ["four"]] * COUNT


def vqav2(images: pa.Array, answers: pa.Array) -> dict:
    return {
        "question_id": pa.array(numbers(2**53 + 1)),
        "image_id": pa.array(numbers()),
        "question": pa.array(["How many?"] * COUNT),
        "question_type": pa.array(["how many"] * COUNT),
        "answer_type": pa.array(["number"] * COUNT),
        "answers": answers,
        "image": images,
    }


def gqa(_: pa.Array) -> dict:
    return {
        "id": pa.array(numbers(7)),
        "imageId": pa.array(numbers()),
        "question": pa.array(["How many?"] * COUNT),
        "answer": pa.array(numbers(1)),
        "types": pa.array([{"structural": "query", "semantic": "attr", "detailed": "count"}] * COUNT),
    }


def cvbench(images: pa.Array) -> dict:
    return {
        "idx": pa.array([str(i) for i in numbers()]),
        "type": pa.array(["2D"] * COUNT),
        "task": pa.array(["Count"] * COUNT),
        "choices": pa.array([[3, 1, 2]] * COUNT),
        "answer": pa.array(["(A)", "B", "(C)"] * 2),
        "prompt": pa.array(["How many? (A) 3 (B) 1 (C) 2"] * COUNT),
        "filename": pa.array([f"img/{i}.png" for i in numbers()]),
        "source": pa.array(["COCO"] * COUNT),
        "image": images,
    }


def two_ds(images: pa.Array) -> dict:
    pairs = [{"question": "What color?", "answer": "red", "qa_category": "color.abs"}]
    return {
        "entry_id": pa.array(numbers()),
        "test_category": pa.array(["2_objects"] * COUNT),
        "objects": pa.array(["[]"] * COUNT),
        "qa_pairs": pa.array([pairs] * COUNT),
        "image_filename": images,
    }


def structs(pictures: list[bytes | None], paths: list[str | None]) -> pa.Array:
    return pa.array([{"bytes": b, "path": p} for b, p in zip(pictures, paths)], IMAGE)


def put(name: str, columns: dict, **options) -> None:
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, row_group_size=4, **options)


def main() -> None:
    disable_progress_bars()
    shutil.rmtree(OUT, ignore_errors=True)
    inside = structs(PICTURES, [f"{i}.png" for i in numbers()])
    answers = {
        "structs": pa.array([[{"answer": a, "answer_confidence": "yes", "answer_id": i} for i, a in enumerate(row)] for row in ANSWERS]),
        "lists": pa.array([{"answer": row, "answer_confidence": ["yes"] * 10, "answer_id": list(range(10))} for row in ANSWERS]),
        "json": pa.array([json.dumps([{"answer": a} for a in row]) for row in ANSWERS]),
        "words": pa.array(ANSWERS),
        "numbers": pa.array([[{"answer": 3}] * 10] * COUNT),
    }
    readers = {
        "pope": (pope, "test"), "vqav2": (lambda images: vqav2(images, answers["structs"]), "validation"),
        "cvbench": (cvbench, "test_2d"), "2ds": (two_ds, "test"),
    }
    for codec in CODECS:
        for reader, (columns, split) in readers.items():
            put(f"codecs/{codec}/{reader}/{split}.parquet", columns(inside), compression=codec)
        folder = f"codecs/{codec}/gqa/testdev_balanced"
        put(f"{folder}_instructions/testdev.parquet", gqa(inside), compression=codec)
        put(f"{folder}_images/testdev.parquet", {"id": pa.array(numbers()), "image": inside}, compression=codec)
        put(f"pages/{codec}-v2/pope/test.parquet", pope(inside), compression=codec, data_page_version="2.0", use_dictionary=False)
        put(f"pages/{codec}-crc/pope/test.parquet", pope(inside), compression=codec, write_page_checksum=True, write_page_index=True)
        put(f"pages/{codec}-crc-v2/pope/test.parquet", pope(inside), compression=codec, write_page_checksum=True, data_page_version="2.0")
    for name, cells in answers.items():
        put(f"answers/{name}/vqav2/validation.parquet", vqav2(inside, cells))
    coded = [base64.b64encode(b).decode() for b in PICTURES]
    paths = [f"imgs/{i}.png" for i in numbers()]
    images = {
        "struct": inside,
        "bytes-struct": pa.array([{"bytes": b} for b in PICTURES]),
        "bytes": pa.array(PICTURES),
        "large-bytes": pa.array(PICTURES, pa.large_binary()),
        "base64": pa.array(coded),
        "data-url": pa.array([f"data:image/png;base64,{text}" for text in coded]),
        "base64-struct": pa.array([{"bytes": text, "path": None} for text in coded]),
        "paths": pa.array(paths),
        "path-struct": structs([None] * COUNT, paths),
        "mixed": structs([*PICTURES[:3], None, *PICTURES[4:]], [*paths[:3], "imgs/3.png", None, None]),
    }
    for name, cells in images.items():
        put(f"images/{name}/pope/test.parquet", pope(cells))
        for path, content in zip(paths, PICTURES):
            if name in ("paths", "path-struct", "mixed"):
                file = OUT / "images" / name / "pope" / path
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(content)
    put("images-refused/pixels/pope/test.parquet", pope(pa.array([[1, 2, 3]] * COUNT)))
    put("images-refused/numbers/pope/test.parquet", pope(pa.array([1] * COUNT)))
    put("images-refused/fields/pope/test.parquet", pope(pa.array([{"width": 1}] * COUNT)))
    put("images-refused/null/pope/test.parquet", pope(structs([*PICTURES[:5], None], [None] * COUNT)))

    expected = {}
    for path in sorted(OUT.rglob("*.parquet")):
        name = str(path.relative_to(OUT))
        if name.startswith("images-refused") or "instructions" in name:
            continue
        rows = load_dataset("parquet", data_files=str(path), split="train", cache_dir=str(OUT / "cache"))
        column = "image_filename" if "image_filename" in rows.column_names else "image"
        try:
            told = [read(cell, path) for cell in rows.cast_column(column, Image(decode=False))[column]]
        except Exception:  # base64 is our own reading
            told = [hashlib.sha256(b).hexdigest() for b in PICTURES]
        expected[name] = told
    shutil.rmtree(OUT / "cache")
    versions = {name: version(name) for name in ("pyarrow", "datasets", "pillow")}
    (OUT / "expected.json").write_text(json.dumps({"versions": versions, "images": expected}, indent=1) + "\n")


def read(cell: dict, path: Path) -> str:
    """An image's SHA-256; a path alone means a file beside the table."""
    content = cell["bytes"] if cell["bytes"] else (path.parent / cell["path"]).read_bytes()
    if not content[:3] in (b"\xff\xd8\xff", b"\x89PN"):
        raise ValueError("no image")
    return hashlib.sha256(content).hexdigest()


main()
