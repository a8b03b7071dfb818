"""Loads every file of a generated mini world with the real readers of its format.

    vlm-spatial data make mini
    python parity/check_mini_formats.py datasets/mini [--vqa FOLDER]

Needs pycocotools, pyarrow, datasets and Pillow. The VQA API (github.com/GT-Vision-Lab/VQA, Python 2) is read from
--vqa, a checkout of it; its two modules are run with their print statements put in brackets and their tabs spread,
nothing else is changed. Without --vqa that part is left out, and said to be.
"""

import argparse
import contextlib
import io
import json
import re
import types
from pathlib import Path

import datasets
import pyarrow.parquet as pq
from PIL import Image
from pycocotools.coco import COCO


def check(what, *facts):
    print(f"{what}: {', '.join(str(fact) for fact in facts)}")


def opens(path):
    """Decodes an image wholly; its size."""
    with Image.open(path) as image:
        image.load()
        assert image.mode == "RGB", (path, image.mode)
        return image.size


def all_open(paths):
    sizes = {opens(path) for path in paths}
    assert len(sizes) == 1, sizes
    return sizes.pop()


def coco(folder):
    with contextlib.redirect_stdout(io.StringIO()):
        api = COCO(str(folder / "annotations" / "captions_val2017.json"))
    images = api.loadImgs(api.getImgIds())
    captions = [api.loadAnns(api.getAnnIds(imgIds=image["id"])) for image in images]
    assert all(len(five) == 5 and all(one["caption"] for one in five) for five in captions)
    size = all_open(folder / "val2017" / image["file_name"] for image in images)
    assert all((image["width"], image["height"]) == size for image in images)
    check("COCO (pycocotools)", f"{len(images)} images", f"{sum(map(len, captions))} captions", size)


def python3(source):
    """The VQA API's Python 2 as Python 3: print statements, tabs beside spaces."""
    source = source.expandtabs(8)
    return re.sub(r"^(\s*)print (.+)$", r"\1print(\2)", source, flags=re.M)


def module(path):
    found = types.ModuleType(path.stem)
    exec(compile(python3(path.read_text()), str(path), "exec"), found.__dict__)
    return found


def vqa(folder, api_folder):
    questions = folder / "v2_OpenEnded_mscoco_val2014_questions.json"
    annotations = folder / "v2_mscoco_val2014_annotations.json"
    tools = module(api_folder / "PythonHelperTools" / "vqaTools" / "vqa.py")
    evaluation = module(api_folder / "PythonEvaluationTools" / "vqaEvaluation" / "vqaEval.py")
    with contextlib.redirect_stdout(io.StringIO()):
        truth = tools.VQA(str(annotations), str(questions))
        ids = truth.getQuesIds()
        # The results: every annotator majority, as a model that is always right would give them.
        results = [{"question_id": i, "answer": truth.qa[i]["multiple_choice_answer"]} for i in ids]
        path = folder / "majority_results.json"
        path.write_text(json.dumps(results))
        try:
            given = truth.loadRes(str(path), str(questions))
        finally:
            path.unlink()
        scorer = evaluation.VQAEval(truth, given, n=2)
        scorer.evaluate()
    assert scorer.accuracy["overall"] == 100, scorer.accuracy
    images = {truth.qa[i]["image_id"] for i in ids}
    size = all_open(folder / "val2014" / f"COCO_val2014_{image:012d}.jpg" for image in images)
    check(
        "VQAv2 (VQA API)",
        f"{len(ids)} questions",
        f"{len(images)} images",
        size,
        f"majority answers score {scorer.accuracy['overall']} %",
        f"answer types {sorted(scorer.accuracy['perAnswerType'])}",
        f"{len(scorer.accuracy['perQuestionType'])} question types",
    )


def pope(folder):
    for split in ("random", "popular", "adversarial"):
        path = folder / f"coco_pope_{split}.json"
        # The line-by-line reading of POPE's own evaluate.py.
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        loaded = datasets.load_dataset("json", data_files=str(path), split="train")
        assert [dict(row) for row in loaded] == lines
        assert sum(line["label"] == "yes" for line in lines) * 2 == len(lines)
        size = all_open(folder / "val2014" / image for image in {line["image"] for line in lines})
        check(f"POPE {split} (json lines, datasets)", f"{len(lines)} questions", size)


GQA_FIELDS = {
    "semantic", "entailed", "equivalent", "question", "imageId", "isBalanced", "groups", "answer",
    "semanticStr", "annotations", "types", "fullAnswer",
}  # fmt: skip


def gqa(folder):
    questions = json.loads((folder / "questions" / "testdev_balanced_questions.json").read_text())
    assert all(set(question) == GQA_FIELDS for question in questions.values())
    # What GQA's own eval.py reads of a question.
    for question in questions.values():
        assert question["isBalanced"] and question["answer"]
        assert question["types"]["structural"] and question["types"]["semantic"] and question["types"]["detailed"]
        assert all(other in questions for other in question["entailed"] + question["equivalent"])
        assert all(0 <= i < len(question["semantic"]) for step in question["semantic"] for i in step["dependencies"])
    size = all_open(folder / "images" / f"{image}.jpg" for image in {q["imageId"] for q in questions.values()})
    check("GQA (json)", f"{len(questions)} questions, all twelve fields", size)


CVBENCH_COLUMNS = [
    "idx", "type", "task", "image", "question", "choices", "answer", "prompt", "filename", "source",
    "source_dataset", "source_filename", "target_class", "target_size", "bbox",
]  # fmt: skip


def cvbench(folder):
    table = pq.read_table(folder / "test_2d.parquet")
    assert table.column_names == CVBENCH_COLUMNS, table.column_names
    loaded = datasets.load_dataset("parquet", data_files=str(folder / "test_2d.parquet"), split="train")
    lines = [json.loads(line) for line in (folder / "test_2d.jsonl").read_text().splitlines()]
    assert isinstance(loaded.features["image"], datasets.Image)
    for row, line in zip(loaded, lines, strict=True):
        assert {name: row[name] for name in line} == line
        assert row["image"].size == opens(folder / line["filename"])
        assert row["answer"][1] in "ABCDEF"[: len(row["choices"])]
    check("CV-Bench (pyarrow, datasets)", f"{table.num_rows} rows, fifteen columns", loaded[0]["image"].size)


def two_ds(folder):
    (path,) = folder.rglob("*.parquet")
    table = pq.read_table(path)
    loaded = datasets.load_dataset(str(folder), split="train")
    assert all(row["image_filename"].size == (128, 128) and len(row["qa_pairs"]) == 6 for row in loaded)
    check("2DS (pyarrow, datasets)", f"{table.num_rows} rows", table.column_names)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the generated mini world")
    parser.add_argument("--vqa", type=Path, help="a checkout of the VQA API")
    options = parser.parse_args()
    if options.vqa:
        vqa(options.folder / "vqav2", options.vqa)
    else:
        print("VQAv2: not checked, give --vqa a checkout of the VQA API")
    pope(options.folder / "pope")
    gqa(options.folder / "gqa")
    cvbench(options.folder / "cvbench")
    coco(options.folder / "coco")
    two_ds(options.folder / "2ds")


if __name__ == "__main__":
    main()
