"""Asks the shipped miniatures the same questions here and in Hugging Face transformers, and compares the answers' token ids.

    npm run build && python parity/check_mini_family.py [weights/mini] [--questions 24]

Members that have parts of their own (+ Normalize, + Multilayer, pooled tokens) are no architecture of transformers and
are left out. Exit status 1 when any answer differs.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import torch
import transformers
from PIL import Image
from transformers import CLIPImageProcessor, LlavaForConditionalGeneration, PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "parity" / "fixtures" / "mini"
OWN_PARTS = {"projector_normalize", "projector_pool_side", "vision_feature_post_layernorm"}


class Reference:
    def __init__(self, folder: Path):
        self.model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
        self.images = CLIPImageProcessor.from_pretrained(folder)
        self.image_tokens = json.loads((folder / "config.json").read_text())["image_seq_length"]

    @torch.no_grad()
    def answer(self, image: Path, question: str) -> list[int]:
        prompt = f"USER: {'<image>' * self.image_tokens}\n{question} ASSISTANT:"
        ids = torch.tensor([self.tokenizer.encode(prompt)])
        pixels = self.images(Image.open(image), return_tensors="pt")["pixel_values"]
        out = self.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            pixel_values=pixels,
            max_new_tokens=24,
            do_sample=False,
        )
        return out[0, ids.shape[1] :].tolist()


def ours(folder: Path, image: Path, question: str) -> list[int]:
    command = ["node", ROOT / "bin" / "vlm-spatial.js", "ask", question, "--image", image]
    command += ["--model", folder, "--json", "--quiet", "--max-new-tokens", "24"]
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    return json.loads(run.stdout)["tokenIds"]


def plain_members(family: Path) -> list[Path]:
    configs = sorted(family.glob("*/config.json"))
    return [c.parent for c in configs if not OWN_PARTS & set(json.loads(c.read_text()))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", type=Path, nargs="?", default=ROOT / "weights" / "mini")
    parser.add_argument("--questions", type=int, default=24)
    arguments = parser.parse_args()
    questions = [json.loads(line) for line in (FIXTURES / "questions.jsonl").read_text().splitlines()]
    step = max(1, len(questions) // arguments.questions)
    print(f"transformers {transformers.__version__}, torch {torch.__version__}")
    different = 0
    for folder in plain_members(arguments.family):
        reference = Reference(folder)
        asked = questions[::step]
        wrong = [
            q
            for q in asked
            if reference.answer(FIXTURES / q["image"], q["question"])
            != ours(folder, FIXTURES / q["image"], q["question"])
        ]
        print(f"{folder.name}: {len(asked) - len(wrong)} of {len(asked)} answers the same")
        for question in wrong:
            print(f"  {question['image']}: {question['question']}")
        different += len(wrong)
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
