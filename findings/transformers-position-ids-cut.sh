#!/usr/bin/env bash
# Guess: position_ids only turn queries and keys; a causal model's tokens see all earlier ones whatever numbers they are given, and an
#   attention mask of ones is the same as none.
# Seen: without a mask and with use_cache=False, ids that do not rise by one are read as several packed sequences, and attention is cut where
#   they do not: the last logits no longer depend on the first token at all. With a mask of ones, or with the cache on, they do.
# Versions: transformers 5.24.0, torch 2.13.0 on the CPU (LLaMA and Qwen2, eager and sdpa).
# Hurts: experiments that shuffle, repeat or compress the position ids of vision tokens measure a model that cannot see its prompt, and
#   find "position matters" where the mask did it; scoring without a cache and generating with one disagree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
python_with transformers==5.24.0 torch==2.13.0
"$PY" - <<'PYTHON'
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

tokens = torch.arange(3, 13)[None]
other_start = tokens.clone()
other_start[0, 0] = 40
in_order = torch.arange(10)[None]
shuffled = torch.tensor([[0, 1, 2, 6, 5, 4, 3, 7, 8, 9]])
ones = torch.ones_like(tokens)

for config_class, model_class in ((LlamaConfig, LlamaForCausalLM), (Qwen2Config, Qwen2ForCausalLM)):
    for attention in ("eager", "sdpa"):
        torch.manual_seed(0)
        config = config_class(
            vocab_size=50,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            attn_implementation=attention,
        )
        model = model_class(config).eval()
        for parameter in model.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.3)

        @torch.no_grad()
        def influence(position_ids, **how):
            """How much the first token changes the last logits."""
            a, b = (model(ids, position_ids=position_ids, **how).logits[0, -1] for ids in (tokens, other_start))
            return (a - b).abs().max().item()

        seen = {
            "in order, no mask, no cache": influence(in_order, use_cache=False),
            "shuffled, mask of ones, no cache": influence(shuffled, use_cache=False, attention_mask=ones),
            "shuffled, no mask, cache": influence(shuffled),
            "shuffled, no mask, no cache": influence(shuffled, use_cache=False),
        }
        print(model_class.__name__, attention)
        for name, value in seen.items():
            print(f"  influence of the first token, ids {name}: {value:.3f}")
        assert seen.pop("shuffled, no mask, no cache") == 0
        assert all(value > 0.1 for value in seen.values())
PYTHON
