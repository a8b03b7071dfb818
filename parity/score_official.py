"""Runs the benchmarks' own scorers over thousands of generated answers and records what they say.

    python parity/score_official.py --vqa ../VQA --llava ../LLaVA --pope ../POPE --cambrian ../cambrian \
        --lmms-eval ../lmms-eval --gqa-eval ../gqa/eval.py --gqa-questions testdev_balanced_questions.json

Each argument is a local checkout of the original: GT-Vision-Lab/VQA, haotian-liu/LLaVA, RUCAIBox/POPE,
cambrian-mllm/cambrian and EvolvingLMMs-Lab/lmms-eval; GQA's eval.py comes with its questions from gqadataset.org. The
originals are imported or executed as they are (VQA's two Python 2 print statements are translated). Nothing of them is
copied here; `parity/fixtures/scores/` holds the answers and the scores only.
"""

import argparse
import contextlib
import gzip
import hashlib
import io
import json
import platform
import re
import subprocess
import sys
import tempfile
import types
from pathlib import Path
from random import Random

from odd_answers import odd_answers

OUT = Path(__file__).parent / "fixtures" / "scores"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("vqa", "llava", "pope", "cambrian", "lmms-eval", "gqa-eval", "gqa-questions"):
        parser.add_argument(f"--{name}", type=Path)
    args = parser.parse_args()
    sys.modules.setdefault("tqdm", types.SimpleNamespace(tqdm=lambda items: items))
    words = sorted({question["answer"] for question in json.loads(args.gqa_questions.read_text()).values()})
    OUT.mkdir(parents=True, exist_ok=True)
    # What is graded where its originals are given.
    for name, grade, *originals in (
        ("vqa", vqa, args.vqa, args.llava),
        ("pope", pope, args.pope, args.llava),
        ("cv-bench", cv_bench, args.cambrian, args.lmms_eval),
        ("mmvp", mmvp, args.cambrian),
        ("lmms-eval", lmms_eval_rules, args.lmms_eval),
    ):
        if all(originals):
            write(name, grade(*originals, words), *originals)
    if args.gqa_eval and args.llava:
        write("gqa", gqa(args.gqa_eval, args.llava, args.gqa_questions, words), args.llava, args.gqa_eval)


def write(name: str, content: dict, *originals: Path) -> None:
    sources = {path.name: version(path) for path in originals}
    text = json.dumps({"python": platform.python_version(), "sources": sources, **content}, separators=(",", ":"))
    (OUT / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def version(path: Path) -> str:
    """A checkout's commit, a single file's SHA-256, or the name of an unpacked release."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    release = next(path.glob("*.dist-info"), None)
    if release:
        return release.name.removesuffix(".dist-info")
    return subprocess.check_output(["git", "-C", path, "rev-parse", "HEAD"], text=True).strip()


def vqa(checkout: Path, llava: Path, words: list[str]) -> dict:
    """Rows: answer, ten annotators, normalised answer, accuracy, LLaVA's submitted answer, its accuracy."""
    source = (checkout / "PythonEvaluationTools/vqaEvaluation/vqaEval.py").read_text()
    official = run_source(re.sub(r'print "(.*)"', r'print("\1")', source))["VQAEval"]
    processor = run_source(llava / "llava/eval/m4c_evaluator.py")["EvalAIAnswerProcessor"]()
    random = Random(1)
    table = official(Questions({}), None).contractions
    contractions = [word for key, value in table.items() for word in (key, value, f"{key.capitalize()} x")]
    answers = list(dict.fromkeys([*contractions, *odd_answers(4000, words, seed=1)]))
    annotators = [ten_annotators(random, answer, answers) for answer in answers]
    submitted = [processor(answer) for answer in answers]
    normalise = official(Questions({}), None)
    normalised = [normalise.processDigitArticle(normalise.processPunctuation(answer)) for answer in answers]
    raw_scores = vqa_accuracies(official, answers, annotators)
    submitted_scores = vqa_accuracies(official, submitted, annotators)
    return {"rows": list(zip(answers, annotators, normalised, raw_scores, submitted, submitted_scores))}


def ten_annotators(random: Random, answer: str, answers: list[str]) -> list[str]:
    """Ten answers of which some number are the given one, a variant of it, or another; at times all the same."""
    if random.random() < 0.15:
        return [random.choice([answer, answer.lower(), answer.strip(), random.choice(answers)])] * 10
    near = [answer, answer, answer.lower(), answer.upper(), answer.strip() + ".", f"the {answer}", random.choice(answers), "yes", "2"]
    pool = random.sample(near, random.randint(1, 4))
    return [random.choice(pool) for _ in range(10)]


class Questions:
    """What `VQAEval` asks of the VQA API: questions by id."""

    def __init__(self, qa: dict) -> None:
        self.qa = qa

    def getQuesIds(self) -> list:
        return list(self.qa)


def vqa_accuracies(official, answers: list[str], annotators: list[list[str]]) -> list[float]:
    truth = {
        i: {
            "answers": [{"answer": text, "answer_confidence": "yes", "answer_id": n + 1} for n, text in enumerate(ten)],
            "question_type": str(i),
            "answer_type": "other",
        }
        for i, ten in enumerate(annotators)
    }
    evaluation = official(Questions(truth), Questions({i: {"answer": answer} for i, answer in enumerate(answers)}))
    unrounded: dict[int, float] = {}
    evaluation.setEvalQA = unrounded.__setitem__
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.evaluate()
    return list(unrounded.values())


def gqa(eval_script: Path, llava: Path, questions_file: Path, words: list[str]) -> dict:
    """Rows: output, answer, structural and semantic type, prediction, score; and the script's own aggregates."""
    random = Random(2)
    real = list(json.loads(questions_file.read_text()).values())
    questions, outputs = {}, {}
    for i, noise in enumerate(odd_answers(3000, words, seed=2)):
        question = random.choice(real)
        gold = question["answer"]
        questions[str(i)] = question
        outputs[str(i)] = random.choice([noise, noise, gold, gold.capitalize(), gold + ".", gold.upper() + "..", " " + gold, gold + " ."])
    with tempfile.TemporaryDirectory() as folder:
        lines = "\n".join(json.dumps({"question_id": i, "text": text}) for i, text in outputs.items())
        Path(folder, "answers.jsonl").write_text(lines)
        converted = ("--src", f"{folder}/answers.jsonl", "--dst", f"{folder}/t_predictions.json")
        run_source(llava / "scripts/convert_gqa_for_eval.py", converted)
        predictions = {line["questionId"]: line["prediction"] for line in json.loads(Path(folder, "t_predictions.json").read_text())}
        aggregates = gqa_eval(eval_script, folder, questions)
        # A structural type of its own for each question makes the script's per-type accuracies per-question ones.
        alone = {i: q | {"types": q["types"] | {"structural": i}} for i, q in questions.items()}
        scores = gqa_eval(eval_script, folder, alone)["accuracyPerStructuralType"]
    rows = [
        (outputs[i], q["answer"], q["types"]["structural"], q["types"]["semantic"], predictions[i], scores[i] / 100)
        for i, q in questions.items()
    ]
    return {"rows": rows, "aggregates": aggregates}


def gqa_eval(script: Path, folder: str, questions: dict) -> dict:
    Path(folder, "t_questions.json").write_text(json.dumps(questions))
    given = ("--questions", f"{folder}/t_questions.json", "--predictions", f"{folder}/t_predictions.json")
    absent = ("--scenes", f"{folder}/none.json", "--choices", f"{folder}/none.json")
    scores = run_source(script, (*given, *absent))["scores"]
    by_type = {name: {kind: value for kind, (value, _) in scores[name].items()} for name in ("accuracyPerStructuralType", "accuracyPerSemanticType")}
    return {name: scores[name] for name in ("accuracy", "binary", "open")} | by_type


def pope(checkout: Path, llava: Path, words: list[str]) -> dict:
    """Rows: split, output, label, parsed answer; and the figures that both scripts print for each split."""
    random = Random(3)
    outputs = odd_answers(3000, ["yes", "no", "Yes", "No", "not", *words], seed=3)
    random.shuffle(outputs)
    rows, figures = [], {}
    for n, split in enumerate(("random", "popular", "adversarial")):
        part = outputs[n::3]
        labels = [random.choice(["yes", "no"]) for _ in part]
        parsed, figures[split] = pope_split(checkout, llava, part, labels)
        rows += [(split, *row) for row in zip(part, labels, parsed)]
    return {"rows": rows, "figures": figures}


def pope_split(checkout: Path, llava: Path, outputs: list[str], labels: list[str]) -> tuple[list[str], dict]:
    """POPE's script and LLaVA's on one split; they must agree."""
    with tempfile.TemporaryDirectory() as folder:
        answer_file, label_file = f"{folder}/answers.json", f"{folder}/labels.json"
        Path(label_file).write_text("\n".join(json.dumps({"label": label}) for label in labels))
        Path(answer_file).write_text("\n".join(json.dumps({"answer": text}) for text in outputs))
        text = (checkout / "evaluate.py").read_text()
        text = text.replace("ans_file = ''", f"ans_file = {answer_file!r}").replace("label_file = ''", f"label_file = {label_file!r}")
        official = run_source(text)
        answers, printed = [{"text": text} for text in outputs], io.StringIO()
        eval_pope = run_source(llava / "llava/eval/eval_pope.py")["eval_pope"]
        with contextlib.redirect_stdout(printed):
            eval_pope(answers, label_file)
    parsed = [answer["answer"] for answer in official["answers"]]
    assert parsed == [answer["text"] for answer in answers]
    assert printed.getvalue().startswith(official["printed"])
    return parsed, {name: float(value) for name, value in re.findall(r"^([A-Z][\w ]+): (\S+)$", official["printed"], re.M)}


def cv_bench(cambrian: Path, lmms_eval: Path, words: list[str]) -> dict:
    """Rows: output, gold, task, source, parsed letter, score; accuracy overall and per task; the mean of the sources."""
    random = Random(4)
    leads = ["the answer is {}", "The answer is: ({})", "Answer: {}.", "answer is a. answer: {}", "({})", "{}.", "({}) 3", "{}) cat", "(({}", "{})).", "({}).", " {} "]
    outputs = [random.choice(leads).format(random.choice("ABCDEFabcdef")) for _ in range(1500)]
    outputs += odd_answers(1500, [*words, "A", "(B)", "c"], seed=4)
    golds = [f"({random.choice('ABCDEF')})" for _ in outputs]
    tasks = [random.choice(["Count", "Relation"]) for _ in outputs]
    sources = [random.choice(["ADE20K", "COCO"]) for _ in outputs]
    lines = [{"id": i, "answer": o, "gt_answer": g, "category": t} for i, (o, g, t) in enumerate(zip(outputs, golds, tasks))]
    graders = {source: run_source(cambrian / f"eval/eval/{name}/{name}_test.py") for source, name in (("ADE20K", "ade"), ("COCO", "coco"))}
    letters = [graders[source]["extract_mcq_answer"](output) for output, source in zip(outputs, sources)]
    wrong, accuracy = set(), {}
    for source, grader in graders.items():
        wrong |= cv_bench_grade(grader, [line for line in lines if sources[line["id"]] == source])[0]
        accuracy = cv_bench_grade(grader, lines)[1]
    scores = [0 if i in wrong else 1 for i in range(len(lines))]
    aggregate = run_source(lmms_eval / "lmms_eval/tasks/cv_bench/utils.py")["cv_bench_default_aggregate_results"]
    # Its figure is ((ADE20K + COCO) / 2 + Omni3D) / 2: with a 3D accuracy of 0, twice that is the 2D part.
    marks = [{"source": s, "is_correct": c} for s, c in zip([*sources, "Omni3D"], [*scores, 0])]
    rows = list(zip(outputs, golds, tasks, sources, letters, scores))
    return {"rows": rows, "accuracy": accuracy, "mean_of_sources": 2 * aggregate(marks)}


def cv_bench_grade(grader: dict, lines: list[dict]) -> tuple[set, dict]:
    """The ids that the grader writes down as incorrect, and the accuracies that it writes to its table."""
    table: list[dict] = []
    grader["compute_metrics"].__globals__["add_data_to_csv"] = lambda path, data: table.append(data)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        answers, incorrect = Path(folder, "answers.jsonl"), Path(folder, "incorrect.jsonl")
        answers.write_text("\n".join(map(json.dumps, lines)))
        grader["compute_metrics"](str(answers), str(incorrect), "")
        wrong = {json.loads(line)["id"] for line in re.split("(?<=})\n?(?={)", incorrect.read_text()) if line}
    per_task = {task: table[0][task]["accuracy"] for task in ("Count", "Relation")}
    return wrong, {"overall": table[0]["accuracy"], **per_task}


def mmvp(cambrian: Path, words: list[str]) -> dict:
    """Rows: output, gold, its choices, parsed answer, score; the accuracy, which is of pairs of rows."""
    random = Random(5)
    leads = ["the answer is {}", "The answer is: ({})", "Answer: {}.", "({})", "{}.", "({}) Open", "(({}", "{})).,:", " {} ", "{},", "{}:"]
    choices = [("Open", "Closed"), ("Left", "Right"), ("Yes", "No"), ("A dog's left side", "1,000")]
    outputs = [random.choice(leads).format(random.choice(["a", "b", "A", "B", "Open", "closed", "RIGHT", "No", "1,000"])) for _ in range(1200)]
    outputs += odd_answers(800, [*words, "A", "(B)", "left"], seed=5)
    random.shuffle(outputs)
    lines = [
        {"question_id": i, "answer": output, "gt_answer": random.choice(["(a)", "(b)"]), "text_options": random.choice(choices)}
        for i, output in enumerate(outputs)
    ]
    grader = run_source(cambrian / "eval/eval/mmvp/mmvp_test.py")
    table: list[dict] = []
    grader["compute_metrics"].__globals__["add_data_to_csv"] = lambda path, data: table.append(data)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        answers, incorrect = Path(folder, "answers.jsonl"), Path(folder, "incorrect.jsonl")
        answers.write_text("\n".join(map(json.dumps, lines)) + "\n")
        grader["compute_metrics"](str(answers), str(incorrect), "")
        wrong = {json.loads(line)["question_id"] for line in incorrect.read_text().splitlines()}
    rows = [
        (line["answer"], line["gt_answer"], line["text_options"], grader["extract_mcq_answer"](line["answer"]), int(line["question_id"] not in wrong))
        for line in lines
    ]
    return {"rows": rows, "pair_accuracy": table[0]["accuracy"] / 100}


def lmms_eval_rules(checkout: Path, words: list[str]) -> dict:
    """By task, rows: output, gold answers, score; POPE's figures over its rows. From an unpacked release or a checkout."""
    random = Random(6)
    for name in ("loguru", "lmms_eval", "lmms_eval.tasks", "lmms_eval.tasks._task_utils", "lmms_eval.tasks._task_utils.file_utils"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["loguru"].logger = None
    package = checkout / "lmms_eval"
    processor = types.ModuleType("vqa_eval_metric")
    exec(compile((package / "tasks/_task_utils/vqa_eval_metric.py").read_text(), "vqa_eval_metric", "exec"), processor.__dict__)
    sys.modules["lmms_eval.tasks._task_utils.vqa_eval_metric"] = processor
    vqav2 = run_source(package / "tasks/vqav2/utils.py")
    pope = run_source(package / "tasks/pope/utils.py")
    metrics = (package / "api/metrics.py").read_text()
    start = metrics.index("def exact_match_hf_evaluate(")
    exact = run_source("import re, string\nimport numpy as np\n" + metrics[start : metrics.index("\n###", start)])
    answers = odd_answers(1000, [*words, "yes", "No"], seed=6)
    vqa_rows = []
    for output in answers[:700]:
        base = random.choice(answers[:700])
        others = [random.choice([output, output.upper(), base, "a dog", "dog"]) for _ in range(10)]
        if random.random() < 0.3:
            others = [others[0]] * 10
        doc = {"question_id": 1, "answers": [{"answer": other, "answer_id": i} for i, other in enumerate(others)]}
        vqa_rows.append((output, others, vqav2["vqav2_process_results"](doc, [output])["exact_match"]))
    pope_rows, results = [], []
    for output in [random.choice(["yes", "No", " Yes ", "yes.", "no\n", "NO", "Yes, it is"]) for _ in range(500)] + answers[:200]:
        doc = {"question_id": 1, "answer": random.choice(["yes", "no", "Yes"])}
        result = pope["pope_process_results"](doc, [output])["pope_accuracy"]
        results.append(result)
        pope_rows.append((output, [doc["answer"]], result["score"]))
    figures = {name: pope[f"pope_aggregate_{key}"](results) for name, key in (
        ("accuracy", "accuracy"), ("precision", "precision"), ("recall", "recall"), ("f1", "f1_score"), ("yes-ratio", "yes_ratio"))}
    gqa_rows = []
    for output in answers:
        gold = random.choice([output.lower(), output.strip("."), random.choice(words), output + "!"])
        score = exact["exact_match_hf_evaluate"]([output], [gold], ignore_case=True, ignore_punctuation=True)["exact_match"]
        gqa_rows.append((output, [gold], float(score)))
    return {"vqav2": vqa_rows, "pope": pope_rows, "gqa": gqa_rows, "pope_figures": figures}


def run_source(source: Path | str, arguments: tuple[str, ...] = ()) -> dict:
    """Executes a script, given by its path or its text: its names, and under `printed` what it wrote."""
    text, name = (source.read_text(), str(source)) if isinstance(source, Path) else (source, "official")
    names: dict = {"__name__": "official"}
    saved, sys.argv = sys.argv, [name, *arguments]
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(text, name, "exec"), names)
    finally:
        sys.argv = saved
    return names | {"printed": printed.getvalue()}


if __name__ == "__main__":
    main()
