"""Writes miniature benchmarks in their published layouts, by the libraries that published them.

    python parity/make_benchmark_fixtures.py --gqa testdev_balanced_questions.json --pope coco_pope_popular.json

The two arguments are the benchmarks' own question files, of which a few questions are taken; everything else is made up
here, in the published forms. Parquet is written by Hugging Face's `datasets` with image columns, in row groups of a few
rows; JSON and image files as the benchmarks' authors lay them out. `expected.json` says what a reader must find.
"""

import argparse
import hashlib
import io
import json
import shutil
import zipfile
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from datasets import Dataset, Features, Image, List, Value, disable_progress_bars
from PIL import Image as PillowImage

import place_benchmarks

OUT = Path(__file__).parent / "fixtures" / "benchmarks"
ROW_GROUP = 3
TEXT, NUMBER = Value("string"), Value("int64")
BY_ROWS = [f"{n:05d}-of-00002" for n in range(2)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gqa", type=Path, required=True)
    parser.add_argument("--pope", type=Path, required=True)
    args = parser.parse_args()
    disable_progress_bars()
    shutil.rmtree(OUT, ignore_errors=True)
    made = {
        "gqa": gqa(json.loads(args.gqa.read_text())),
        "pope": pope([json.loads(line) for line in args.pope.read_text().splitlines()]),
        "vqav2": vqav2(),
        "cvbench": cvbench(),
        "coco": coco(),
        "cvbench-3d": cvbench("3D"),
    }
    tools = SimpleNamespace(picture=picture, cell=cell, put=put, put_parquet=put_parquet, image=image, sample=sample)
    for name in ("mmvp", "vsr", "blink", "embspatial", "whatsup"):
        made[name] = getattr(place_benchmarks, name)(OUT, tools)
    versions = {name: version(name) for name in ("datasets", "pyarrow", "pillow")}
    (OUT / "expected.json").write_text(json.dumps({"versions": versions} | made, indent=1) + "\n")


def picture(name: str, format: str) -> bytes:
    """A small picture of its own for every name."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    pixels = np.random.default_rng(seed).integers(0, 256, size=(8, 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    PillowImage.fromarray(pixels).save(file, format)
    return file.getvalue()


def cell(name: str, content: bytes) -> dict:
    return {"bytes": content, "path": name}


def put(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def put_parquet(path: Path, rows: list[dict], features: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Dataset.from_list(rows, features=Features(features)).to_parquet(path, batch_size=ROW_GROUP)


def put_shards(folder: Path, split: str, rows: list[dict], features: dict) -> None:
    half = (len(rows) + 1) // 2
    for shard, part in zip(BY_ROWS, (rows[:half], rows[half:])):
        put_parquet(folder / f"{split}-{shard}.parquet", part, features)


def image(image_id: str, content: bytes, samples: list[dict]) -> dict:
    return {"id": image_id, "sha256": hashlib.sha256(content).hexdigest(), "samples": samples}


def sample(id: str, question: str, targets: list[str], category: str = "", labels: dict | None = None, **choices) -> dict:
    return {"id": id, "question": question, "targets": targets, "category": category, "labels": labels or {}} | choices


def gqa(questions: dict) -> dict:
    chosen = [i for i, q in questions.items() if q["imageId"] in ("n55058", "n283587", "n181355")]
    records = {i: questions[i] for i in chosen}
    put(OUT / "gqa/official/questions1.2/testdev_balanced_questions.json", json.dumps(records))
    image_ids = sorted({q["imageId"] for q in records.values()})
    pictures = {i: picture(i, "JPEG") for i in image_ids}
    for i, content in pictures.items():
        put(OUT / f"gqa/official/images/{i}.jpg", content)
    columns = {
        "id": TEXT, "imageId": TEXT, "question": TEXT, "answer": TEXT, "fullAnswer": TEXT, "isBalanced": Value("bool"),
        "groups": {"global": TEXT, "local": TEXT}, "entailed": TEXT, "equivalent": TEXT,
        "types": {"structural": TEXT, "semantic": TEXT, "detailed": TEXT},
        "semantic": List({"operation": TEXT, "argument": TEXT, "dependencies": List(Value("int32"))}), "semanticStr": TEXT,
    }
    rows = [{"id": i} | q | {"entailed": str(q["entailed"]), "equivalent": str(q["equivalent"])} for i, q in records.items()]
    rows = [{name: row[name] for name in columns} for row in rows]
    put_parquet(OUT / "gqa/parquet/testdev_balanced_instructions/testdev-00000-of-00001.parquet", rows, columns)
    cells = [{"id": i, "image": cell(f"{i}.jpg", content)} for i, content in reversed(pictures.items())]
    put_parquet(OUT / "gqa/parquet/testdev_balanced_images/testdev-00000-of-00001.parquet", cells, {"id": TEXT, "image": Image()})
    hidden = [{"id": "1", "imageId": image_ids[0], "question": "What is it?", "isBalanced": True}]
    put_parquet(
        OUT / "gqa/parquet/test_balanced_instructions/test-00000-of-00001.parquet",
        hidden,
        {"id": TEXT, "imageId": TEXT, "question": TEXT, "isBalanced": Value("bool")},
    )
    by_image: dict[str, list] = {}
    for i in sorted(records, key=int):
        q = records[i]
        form = {"form": "open" if q["types"]["structural"] == "query" else "binary"}
        by_image.setdefault(q["imageId"], []).append(
            sample(i, q["question"], [q["answer"]], q["types"]["structural"], q["types"] | form)
        )
    return {"split": "testdev_balanced", "images": [image(i, pictures[i], samples) for i, samples in by_image.items()]}


def pope(lines: list[dict]) -> dict:
    popular = [line for line in lines if line["question_id"] <= 12]
    splits = {
        "adversarial": [line | {"text": line["text"].replace("dining table", "fork")} for line in popular],
        "popular": popular,
        "random": [line | {"text": line["text"].replace("chair", "zebra")} for line in popular],
    }
    names = list(dict.fromkeys(line["image"] for line in popular))
    pictures = {name: picture(name, "JPEG") for name in names}
    for split, part in splits.items():
        put(OUT / f"pope/official/output/coco/coco_pope_{split}.json", "\n".join(map(json.dumps, part)) + "\n")
    (OUT / "pope/official").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(OUT / "pope/official/val2014.zip", "w") as archive:
        for name, content in pictures.items():
            archive.writestr(zipfile.ZipInfo(f"val2014/{name}"), content)
    rows = [
        {
            "id": str(n), "question_id": str(line["question_id"]), "question": line["text"], "answer": line["label"],
            "image_source": line["image"].removesuffix(".jpg"), "image": cell(line["image"], pictures[line["image"]]), "category": split,
        }
        for n, (split, line) in enumerate((split, line) for split, part in splits.items() for line in part)
    ]
    columns = {"id": TEXT, "question_id": TEXT, "question": TEXT, "answer": TEXT, "image_source": TEXT, "image": Image(), "category": TEXT}
    put_shards(OUT / "pope/parquet/data", "test", rows, columns)
    for split in splits:
        part = [row for row in rows if row["category"] == split]
        put_parquet(OUT / f"pope/parquet/Full/{split}-00000-of-00001.parquet", part, columns)
    images = [
        image(name.removesuffix(".jpg"), pictures[name], [
            sample(f"{split}:{line['question_id']}", line["text"], [line["label"]], split)
            for split in ("random", "popular", "adversarial") for line in splits[split] if line["image"] == name
        ])
        for name in names
    ]
    return {"split": "random, popular, adversarial", "images": images}


def vqav2() -> dict:
    head = {"info": {"year": 2017, "version": "2.0"}, "license": {"name": "CC"}, "data_type": "mscoco"}
    ids = [42, 73, 393225, 262148]
    kinds = [("yes/no", "is the", "Is the sky blue?", ["yes"] * 8 + ["no", "maybe"]), ("number", "how many", "How many dogs?", ["2"] * 10),
             ("other", "what color is the", "What color is the cat?", ["gray"] * 4 + ["grey"] * 5 + ["dark gray"])]
    questions, annotations, rows, pictures = [], [], [], {i: picture(f"val{i}", "JPEG") for i in ids}
    by_image: dict[int, list] = {}
    for image_id in ids:
        for n, (kind, form, text, answers) in enumerate(kinds):
            q = {"image_id": image_id, "question": f"{text} ({image_id})", "question_id": image_id * 1000 + n}
            tens = [{"answer": a, "answer_confidence": "yes", "answer_id": k + 1} for k, a in enumerate(answers)]
            truth = {"question_type": form, "multiple_choice_answer": answers[0], "answers": tens, "image_id": image_id, "answer_type": kind, "question_id": q["question_id"]}
            questions.append(q)
            annotations.append(truth)
            name = f"COCO_val2014_{image_id:012d}.jpg"
            rows.append(truth | {"question": q["question"], "image": cell(name, pictures[image_id])})
            by_image.setdefault(image_id, []).append(sample(str(q["question_id"]), q["question"], answers, kind, {"questionType": form}))
    base = OUT / "vqav2/official"
    put(base / "v2_OpenEnded_mscoco_val2014_questions.json", json.dumps(head | {"task_type": "Open-Ended", "data_subtype": "val2014", "questions": questions[::-1]}))
    put(base / "v2_mscoco_val2014_annotations.json", json.dumps(head | {"data_subtype": "val2014", "annotations": annotations}))
    for image_id, content in pictures.items():
        put(base / f"val2014/COCO_val2014_{image_id:012d}.jpg", content)
    hidden = [{"image_id": 1, "question": "What is this?", "question_id": 1000}, {"image_id": 14, "question": "Where is it?", "question_id": 14002}]
    for subtype, part in (("test-dev2015", hidden[:1]), ("test2015", hidden)):
        put(base / f"v2_OpenEnded_mscoco_{subtype}_questions.json", json.dumps(head | {"task_type": "Open-Ended", "data_subtype": subtype, "questions": part}))
    put(base / "test2015/COCO_test2015_000000000001.jpg", picture("test1", "JPEG"))
    columns = {
        "question_type": TEXT, "multiple_choice_answer": TEXT, "answers": List({"answer": TEXT, "answer_confidence": TEXT, "answer_id": NUMBER}),
        "image_id": NUMBER, "answer_type": TEXT, "question_id": NUMBER, "question": TEXT, "image": Image(),
    }
    put_shards(OUT / "vqav2/parquet/data", "validation", rows, columns)
    test = [q | dict.fromkeys(("question_type", "multiple_choice_answer", "answers", "answer_type")) | {"image": cell("x.jpg", picture("test1", "JPEG"))} for q in hidden[:1]]
    put_parquet(OUT / "vqav2/parquet/data/testdev-00000-of-00001.parquet", test, columns)
    return {"split": "val", "images": [image(str(i), pictures[i], by_image[i]) for i in sorted(ids)]}


def cvbench(part_wanted: str = "2D") -> dict:
    rows = []
    for idx, (task, source, part) in enumerate((t, s, p) for p, tasks in (("2D", ("Count", "Relation")), ("3D", ("Depth",))) for t in tasks for s in ("ADE20K", "COCO") for _ in range(2)):
        choices = [str(idx), str(idx + 1), str(idx + 2)] if task == "Count" else ["left", "right"]
        question = f"How many chairs are in the image {idx}?" if task == "Count" else f"Where is the lamp in the image {idx}?"
        options = "\n".join(f"({letter}) {choice}" for letter, choice in zip("ABC", choices))
        rows.append({
            "idx": idx, "type": part, "task": task, "question": question, "choices": choices, "answer": f"({'ABC'[idx % len(choices)]})",
            "prompt": f"{question} Select from the following choices.\n{options}",
            # The two tasks' images may share their names: the folder tells them apart.
            "filename": f"img/{part}/{task.lower()}/{source.lower()}_{idx % 2}.png", "source": source, "source_dataset": f"{source} Dataset",
            "source_filename": f"{idx}.jpg", "target_class": None, "target_size": None, "bbox": [[0.0, 1.0, 2.0, 3.0]],
        })
    pictures = {row["filename"]: picture(row["filename"], "PNG") for row in rows}
    columns = {
        "idx": NUMBER, "type": TEXT, "task": TEXT, "image": Image(), "question": TEXT, "choices": List(TEXT), "answer": TEXT, "prompt": TEXT,
        "filename": TEXT, "source": TEXT, "source_dataset": TEXT, "source_filename": TEXT, "target_class": TEXT, "target_size": NUMBER, "bbox": List(List(Value("float64"))),
    }
    for part in ("2D", "3D"):
        chosen = [row for row in rows if row["type"] == part]
        put(OUT / f"cvbench/official/test_{part.lower()}.jsonl", "\n".join(map(json.dumps, chosen)) + "\n")
        put_parquet(OUT / f"cvbench/parquet/test_{part.lower()}.parquet", [row | {"image": cell(row["filename"], pictures[row["filename"]])} for row in chosen], columns)
    for name, content in pictures.items():
        put(OUT / f"cvbench/official/{name}", content)
    images = [
        image(row["filename"], pictures[row["filename"]], [sample(str(row["idx"]), row["prompt"], [row["answer"]], row["task"], {"source": row["source"]}, choices=row["choices"])])
        for row in rows if row["type"] == part_wanted
    ]
    return {"split": f"test_{part_wanted.lower()}", "images": images}


def coco() -> dict:
    ids = [397133, 37777, 252219]
    names = {i: f"{i:012d}.jpg" for i in ids}
    pictures = {i: picture(names[i], "JPEG") for i in ids}
    annotations = [{"image_id": i, "id": 1000 * n + k, "caption": f"Caption {k} of image {i}."} for k in (4, 1, 3, 2, 0) for n, i in enumerate(ids)]
    head = {"info": {"year": 2017}, "licenses": [], "images": [{"license": 4, "file_name": f"{i:012d}.jpg", "height": 8, "width": 8, "id": i} for i in (*ids, 1)]}
    (OUT / "coco").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(OUT / "coco/annotations_trainval2017.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        boxes = head | {"annotations": [{"id": 1, "image_id": ids[0], "bbox": [0, 0, 1, 1]}], "categories": []}
        archive.writestr(zipfile.ZipInfo("annotations/captions_val2017.json"), json.dumps(head | {"annotations": annotations}), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("annotations/instances_val2017.json"), json.dumps(boxes), zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(OUT / "coco/val2017.zip", "w") as archive:
        for i, content in pictures.items():
            archive.writestr(zipfile.ZipInfo(f"val2017/{names[i]}"), content)
    images = [image(str(i), pictures[i], [sample(str(i), "Describe the image.", [f"Caption {k} of image {i}." for k in range(5)])]) for i in sorted(ids)]
    return {"split": "val2017", "images": images}


if __name__ == "__main__":
    main()
