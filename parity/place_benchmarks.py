"""Miniatures of the benchmarks of place that are not the paper's, in their published layouts; see make_benchmark_fixtures.py."""

import base64
import json
from pathlib import Path
from types import SimpleNamespace

from datasets import Image, List, Value

TEXT, NUMBER = Value("string"), Value("int64")


def mmvp(out: Path, put: SimpleNamespace) -> dict:
    """`Questions.csv` as the hub's copy has it: the first column spelt with a small L, a quoted question with a comma."""
    asked = [
        ("Are the butterfly's wings closer to being open or closed?", "Open", "Closed"),
        ("Is the dog, if there is one, facing left or right?", "Left", "Right from the camera's perspective"),
    ]
    rows = [
        {"Index": 2 * pair + side + 1, "Question": question, "Options": f"(a) {a} (b) {b}", "Correct Answer": f"({'ab'[(pair + side) % 2]})"}
        for pair, (question, a, b) in enumerate(asked) for side in range(2)
    ]
    pictures = {row["Index"]: put.picture(f"mmvp{row['Index']}", "JPEG") for row in rows}
    quoted = lambda text: f'"{text}"' if "," in text else text
    lines = ["lndex,Question,Options,Correct Answer"] + [",".join(quoted(str(value)) for value in row.values()) for row in rows]
    put.put(out / "mmvp/official/Questions.csv", "\r\n".join(lines) + "\r\n")
    for index, content in pictures.items():
        put.put(out / f"mmvp/official/MMVP Images/{index}.jpg", content)
    columns = {"Index": NUMBER, "Question": TEXT, "Options": TEXT, "Correct Answer": TEXT, "image": Image()}
    put.put_parquet(out / "mmvp/parquet/data/train-00000-of-00001.parquet", [row | {"image": put.cell(f"{row['Index']}.jpg", pictures[row["Index"]])} for row in rows], columns)
    images = []
    for row in rows:
        pair = (row["Index"] + 1) // 2
        question, a, b = asked[pair - 1]
        images.append(put.image(str(row["Index"]), pictures[row["Index"]], [
            put.sample(str(row["Index"]), f"{question} Options:\nA. {a}\nB. {b}", [row["Correct Answer"]], "", {"pair": pair}, choices=[a, b])
        ]))
    return {"split": "test", "images": images}


def vsr(out: Path, put: SimpleNamespace) -> dict:
    rows = [
        {"image": f"{n:012d}.jpg", "image_link": f"http://images.cocodataset.org/train2017/{n:012d}.jpg", "caption": caption, "label": label, "relation": relation,
         "annotator_id": 31, "vote_true_validator_id": "[2, 6]", "vote_false_validator_id": "[]", "subj": "cat", "obj": "bed"}
        for n, caption, label, relation in [
            (50403, "The cat is in front of the bed.", 1, "in front of"), (401552, "The cat is far away from the bed.", 0, "far away from"),
            (50403, "The bed is under the cat.", 1, "under"),
        ]
    ]
    pictures = {row["image"]: put.picture(row["image"], "JPEG") for row in rows}
    for split, part in {"zeroshot/test": rows, "zeroshot/dev": rows[:1], "random/test": rows[1:]}.items():
        put.put(out / f"vsr/official/splits/{split}.jsonl", "\n".join(map(json.dumps, part)) + "\n")
    for name, content in pictures.items():
        put.put(out / f"vsr/official/images/{name}", content)
    by_image: dict[str, list] = {}
    for n, row in enumerate(rows, 1):
        question = f"Based on the image, is this statement true or false? {row['caption']}"
        by_image.setdefault(row["image"], []).append(put.sample(str(n), question, [str(bool(row["label"])).lower()], row["relation"]))
    return {"split": "zeroshot test", "images": [put.image(name, pictures[name], samples) for name, samples in by_image.items()]}


def blink(out: Path, put: SimpleNamespace) -> dict:
    def rows(split: str, task: str) -> list[dict]:
        return [
            {"idx": f"{split}_{task}_{n}", "question": f"Is the cat {n} beneath the car?", "sub_task": task, "image_1": put.cell(f"{n}.jpg", put.picture(f"{split}{task}{n}", "JPEG")),
             "image_2": None, "image_3": None, "image_4": None, "choices": ["yes", "no"], "answer": "hidden" if split == "test" else f"({'AB'[n % 2]})",
             "prompt": f"Is the cat {n} beneath the car?\nSelect from the following choices.\n(A) yes\n(B) no"}
            for n in range(1, 5)
        ]
    columns = {"idx": TEXT, "question": TEXT, "sub_task": TEXT} | {f"image_{n}": Image() for n in range(1, 5)} | {"choices": List(TEXT), "answer": TEXT, "prompt": TEXT}
    for split in ("val", "test"):
        for task in ("Spatial_Relation", "Relative_Depth"):
            put.put_parquet(out / f"blink/parquet/{task}/{split}-00000-of-00001.parquet", rows(split, task), columns)
    images = [
        put.image(row["idx"], row["image_1"]["bytes"], [put.sample(row["idx"], row["prompt"], [row["answer"]], "", choices=row["choices"])])
        for row in rows("val", "Spatial_Relation")
    ]
    return {"split": "val", "images": images}


def embspatial(out: Path, put: SimpleNamespace) -> dict:
    options = ["The lamp is left of the bed.", "The lamp is right of the bed.", "The lamp is above the bed.", "The lamp is under the bed."]
    rows = [
        {"data_source": source, "scene_id": "YVUC4YcDtcY", "question_id": f"{source}_{n}", "question": f"From your perspective, where is the lamp {n}?", "answer": n % 4,
         "objects": [{"bbox": [1, 2, 3, 4], "name": "lamp"}], "relation": ("left", "right", "above", "under")[n % 4], "answer_options": options}
        for n, source in enumerate(("mp3d", "ai2thor", "scannet"))
    ]
    pictures = {row["question_id"]: put.picture(row["question_id"], "JPEG") for row in rows}
    inside = [row | {"image": base64.b64encode(pictures[row["question_id"]]).decode()} for row in rows]
    put.put(out / "embspatial/official/embspatial_bench.json", json.dumps(inside))
    columns = {"data_source": TEXT, "scene_id": TEXT, "question_id": TEXT, "question": TEXT, "answer": NUMBER, "relation": TEXT, "answer_options": List(TEXT), "image": Image()}
    put.put_parquet(out / "embspatial/parquet/data/test-00000-of-00001.parquet", [
        {name: row[name] for name in columns if name != "image"} | {"image": put.cell("x.jpg", pictures[row["question_id"]])} for row in rows
    ], columns)
    lettered = "\n".join(f"{letter}) {option}" for letter, option in zip("ABCD", options))
    images = [
        put.image(row["question_id"], pictures[row["question_id"]], [put.sample(
            row["question_id"], f"{row['question']}\n{lettered}", [f"({'ABCD'[row['answer']]})"], row["relation"], {"source": row["data_source"]}, choices=options)])
        for row in rows
    ]
    return {"split": "test", "images": images}


def whatsup(out: Path, put: SimpleNamespace) -> dict:
    """The order in which choices are put is the product's own: what is expected says the captions, the right one first."""
    relations = {"on": "on", "under": "under", "left_of": "to the left of", "right_of": "to the right of"}
    base = out / "whatsup/official"
    records, pictures = [], {}
    for name in relations:
        path = f"data/controlled_images/beer-bottle_{name}_armchair.jpeg"
        wrong = [phrase for other, phrase in relations.items() if other != name]
        records.append({"image_path": path, "caption_options": [f"A beer bottle {phrase} a armchair" for phrase in [relations[name], *wrong]]})
        pictures[path] = put.picture(path, "JPEG")
        put.put(base / path, pictures[path])
    put.put(base / "controlled_images_dataset.json", json.dumps(records))
    put.put(base / "coco_qa_two_obj.json", json.dumps([[285, "A photo of a cat to the left of a dog", "A photo of a cat to the right of a dog"]]))
    put.put(base / "val2017/000000000285.jpg", put.picture("285", "JPEG"))
    put.put(base / "vg_qa_one_obj.json", json.dumps([["2317429", "A photo of a lamp on the left", "A photo of a lamp on the right"]]))
    put.put(base / "vg_images/2317429.jpg", put.picture("2317429", "JPEG"))
    return {"records": records}
