"""Answers the questions of tests/fixtures/mini-reference with Hugging Face transformers, and writes the answers there.

    python parity/make_mini_reference.py [--check]

Images, questions and the permutation are what the fixture holds; `reference.jsonl` gets the greedy answers with the vision tokens
in their own order, `reference-permuted.jsonl` those in the recorded one. `margin` is the smallest difference between the two
largest logits over an answer's tokens. With --check nothing is written: exit status 1 when a token differs, or a margin by more
than 0.005.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
import transformers
from PIL import Image
from transformers import LlavaForConditionalGeneration, PreTrainedTokenizerFast
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "mini-reference"
CHECKPOINT = FOLDER / "checkpoint"
LONGEST = 32


class Reference:
    def __init__(self) -> None:
        self.model = LlavaForConditionalGeneration.from_pretrained(CHECKPOINT, dtype=torch.float32).eval()
        self.tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(CHECKPOINT / "tokenizer.json"))
        self.images = CLIPImageProcessorPil.from_pretrained(CHECKPOINT)
        self.image_tokens = self.model.config.image_seq_length
        # The order of the vision tokens behind the projector; None leaves them as they are.
        self.order: list[int] | None = None
        self.model.model.multi_modal_projector.register_forward_hook(self.permute)

    def permute(self, _module, _inputs, output: torch.Tensor) -> torch.Tensor:
        return output if self.order is None else output[:, self.order]

    @torch.no_grad()
    def answer(self, image: Path, question: str) -> dict:
        prompt = f"USER: {'<image>' * self.image_tokens}\n{question} ASSISTANT:"
        ids = torch.tensor([self.tokenizer.encode(prompt)])
        pixels = self.images(Image.open(image), return_tensors="pt")["pixel_values"]
        out = self.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            pixel_values=pixels,
            max_new_tokens=LONGEST,
            do_sample=False,
            output_logits=True,
            return_dict_in_generate=True,
        )
        tokens = out.sequences[0, ids.shape[1] :].tolist()
        largest = [logits[0].topk(2).values for logits in out.logits]
        margin = min((first - second).item() for first, second in largest)
        text = self.tokenizer.decode(tokens, skip_special_tokens=True).strip()
        return {"answer": text, "tokenIds": tokens, "margin": round(margin, 4)}


def remake(file: Path, reference: Reference, check: bool) -> list[str]:
    """Answers a file's questions; what differs from the answers in it."""
    stored = [json.loads(line) for line in file.read_text().splitlines()]
    made = [row | reference.answer(FOLDER / row["image"], row["question"]) for row in stored]
    # A margin stays out where the file has none.
    made = [{key: value for key, value in row.items() if key in old} for row, old in zip(made, stored, strict=True)]
    if not check:
        file.write_text("".join(f"{json.dumps(row)}\n" for row in made))
    return [
        f"{file.name}, {old['image']}: {old['question']}: {old['answer']} -> {row['answer']}"
        for row, old in zip(made, stored, strict=True)
        if row["tokenIds"] != old["tokenIds"] or abs(row.get("margin", 0) - old.get("margin", 0)) > 0.005
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    print(f"transformers {transformers.__version__}, torch {torch.__version__}")
    reference = Reference()
    different = remake(FOLDER / "reference.jsonl", reference, arguments.check)
    reference.order = json.loads((FOLDER / "permutation.json").read_text())
    different += remake(FOLDER / "reference-permuted.jsonl", reference, arguments.check)
    print("\n".join(different) or "all answers as before")
    sys.exit(1 if arguments.check and different else 0)


if __name__ == "__main__":
    main()
