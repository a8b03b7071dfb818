#!/usr/bin/env bash
# Guess: a checkpoint whose config says tie_word_embeddings but which stores an lm_head.weight of its own either loads tied or stays
#   untied for good; asking for the vocabulary size that the model already has does nothing.
# Seen: it loads untied (a warning says so) and survives a round trip of save and load, but config.tie_word_embeddings stays true, and
#   resize_token_embeddings, even to the present size, replaces the trained head by the input embeddings. Nothing is said of it.
# Versions: transformers 5.24.0, torch 2.13.0 on the CPU.
# Hurts: the usual step of making room for <image> after loading ("resize to len(tokenizer)") throws the output head of a
#   vision-language model away, and what it says is noise.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
python_with transformers==5.24.0 torch==2.13.0
"$PY" - "$WORK" <<'PYTHON'
import json
import sys
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, logging

said = []
for handler in logging.get_logger("transformers").handlers:
    handler.addFilter(lambda record: said.append(record.getMessage()) or True)

torch.manual_seed(0)
dir = Path(sys.argv[1]) / "model"
config = LlamaConfig(
    vocab_size=50,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=1,
    num_attention_heads=4,
    tie_word_embeddings=False,
)
LlamaForCausalLM(config).save_pretrained(dir)
keys = json.loads((dir / "config.json").read_text())
(dir / "config.json").write_text(json.dumps({**keys, "tie_word_embeddings": True}))


def tied(model):
    return model.lm_head.weight is model.model.embed_tokens.weight


@torch.no_grad()
def logits(model):
    return model(torch.tensor([[1, 5, 7]])).logits[0, -1]


model = LlamaForCausalLM.from_pretrained(dir)
before = logits(model)
warned = [text for text in said if "NOT tie" in text]
print(f"loaded: tied {tied(model)}, config says {model.config.tie_word_embeddings}, warnings {len(warned)}")
assert not tied(model) and model.config.tie_word_embeddings and len(warned) == 1

model.save_pretrained(dir.with_name("again"))
again = LlamaForCausalLM.from_pretrained(dir.with_name("again"))
print(f"saved and loaded: tied {tied(again)}, same logits {torch.equal(before, logits(again))}")
assert not tied(again) and torch.equal(before, logits(again))

said.clear()
model.resize_token_embeddings(50)
change = (before - logits(model)).abs().max().item()
print(f"resized from 50 to 50: tied {tied(model)}, largest change of a logit {change:.3f}, warnings {said}")
assert tied(model) and change > 0.01 and not said
PYTHON
