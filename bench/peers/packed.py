"""The packed algorithm of bench/stretch.js in PyTorch: its peer, with the same options and the same figures.

One prefix of text and vision tokens is run once; the questions' tokens then pass side by side as one sequence in which each
sees the prefix and its own question, and greedy steps go on in the same way. LLaMA and Qwen2 decoders in float32, read
straight from the safetensors files. Every layer is computed for every row; logits for the rows that are wanted.
"""

import json
import resource
import sys
import time
from pathlib import Path

options = json.loads(sys.argv[1])

import torch
import torch.nn.functional as F
from safetensors import safe_open

STEPS = 16


class Decoder:
    """A checkpoint's decoder: parameters by name, and what of the configuration a pass needs."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        text = config["text_config"]
        self.layers = text["num_hidden_layers"]
        self.heads = text["num_attention_heads"]
        self.key_heads = text.get("num_key_value_heads", self.heads)
        self.width = text["hidden_size"]
        self.head_dim = text.get("head_dim") or self.width // self.heads
        self.eps = text.get("rms_norm_eps", 1e-6)
        self.theta = text.get("rope_theta") or text.get("rope_parameters", {}).get("rope_theta", 10000.0)
        self.p: dict[str, torch.Tensor] = {}
        for file in sorted(folder.glob("*.safetensors")):
            with safe_open(file, "pt") as tensors:
                for name in tensors.keys():
                    if "language_model" in name or "lm_head" in name:
                        short = name.split("language_model.")[-1].removeprefix("model.")
                        self.p[short] = tensors.get_tensor(name).float()
        self.head = self.p.get("lm_head.weight", self.p["embed_tokens.weight"])

    def rotary(self, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        exponents = torch.arange(0, self.head_dim, 2).float() / self.head_dim
        angles = positions.float()[:, None] * (self.theta**-exponents)[None]
        angles = torch.cat([angles, angles], -1)
        return angles.cos(), angles.sin()

    def run(self, x, positions, past, mask):
        """x [tokens, width] on top of `past`, a list over layers of keys and values [heads, tokens, head width]."""
        cos, sin = self.rotary(positions)
        half = self.head_dim // 2
        turn = lambda t: t * cos + torch.cat([-t[..., half:], t[..., :half]], -1) * sin
        own = []
        for i in range(self.layers):
            at = f"layers.{i}."
            linear = lambda y, name: F.linear(y, self.p[f"{at}{name}.weight"], self.p.get(f"{at}{name}.bias"))
            heads = lambda y, count: y.view(-1, count, self.head_dim).transpose(0, 1)
            normed = F.rms_norm(x, (self.width,), self.p[f"{at}input_layernorm.weight"], self.eps)
            q = turn(heads(linear(normed, "self_attn.q_proj"), self.heads))
            k = turn(heads(linear(normed, "self_attn.k_proj"), self.key_heads))
            v = heads(linear(normed, "self_attn.v_proj"), self.key_heads)
            if past:
                k, v = torch.cat([past[i][0], k], 1), torch.cat([past[i][1], v], 1)
            own.append((k, v))
            groups = {"enable_gqa": True} if self.key_heads != self.heads else {}
            seen = F.scaled_dot_product_attention(
                q[None], k[None], v[None], attn_mask=mask, is_causal=mask is None, **groups
            )[0]
            x = x + linear(seen.transpose(0, 1).reshape(len(x), -1), "self_attn.o_proj")
            normed = F.rms_norm(x, (self.width,), self.p[f"{at}post_attention_layernorm.weight"], self.eps)
            x = x + linear(F.silu(linear(normed, "mlp.gate_proj")) * linear(normed, "mlp.up_proj"), "mlp.down_proj")
        return F.rms_norm(x, (self.width,), self.p["norm.weight"], self.eps), own

    def embed(self, ids) -> torch.Tensor:
        return self.p["embed_tokens.weight"][torch.tensor(ids)]


def prefill(decoder: Decoder, before: list[int], vision: torch.Tensor):
    x = torch.cat([decoder.embed(before), vision])
    return decoder.run(x, torch.arange(len(x)), None, None)[1]


def answer(decoder: Decoder, prefix, questions: list[list[int]], new_tokens: int) -> list[list[int]]:
    start = prefix[0][0].shape[1]
    owner = torch.tensor([q for q, ids in enumerate(questions) for _ in ids])
    places = torch.tensor([start + i for ids in questions for i in range(len(ids))])
    key_owner, key_places = owner, places
    past = prefix
    x = decoder.embed([token for ids in questions for token in ids])
    ends = torch.tensor([len(ids) for ids in questions]).cumsum(0) - 1
    lengths = torch.tensor([start + len(ids) for ids in questions])
    answers: list[list[int]] = [[] for _ in questions]
    for step in range(new_tokens):
        own = (key_owner[None] == owner[:, None]) & (key_places[None] <= places[:, None])
        mask = torch.cat([torch.ones(len(owner), start, dtype=torch.bool), own], 1)
        hidden, past = decoder.run(x, places, past, mask)
        logits = F.linear(hidden[ends] if step == 0 else hidden, decoder.head)
        chosen = logits.topk(2).indices[:, 0].tolist()
        for ids, token in zip(answers, chosen, strict=True):
            ids.append(token)
        x, owner, places = decoder.embed(chosen), torch.arange(len(questions)), lengths + step
        key_owner, key_places = torch.cat([key_owner, owner]), torch.cat([key_places, places])
    return answers


def best(work, times: int) -> float:
    least = float("inf")
    for i in range(times + 1):
        start = time.process_time()
        work()
        if i > 0:
            least = min(least, time.process_time() - start)
    return least


@torch.inference_mode()
def main() -> None:
    torch.set_num_threads(options.get("threads") or torch.get_num_threads())
    decoder = Decoder(Path(options["folder"]))
    count = options["visionTokens"] * decoder.width
    vision = (0.05 * torch.sin(1 + torch.arange(count, dtype=torch.float64))).float().view(-1, decoder.width)
    before = [5 + i for i in range(6)]
    length, new_tokens, repeats = (
        options.get("questionTokens", 14),
        options.get("newTokens", 2),
        options.get("repeats", 3),
    )
    asked = lambda count: [[7 + q + 3 * i for i in range(length)] for q in range(count)]
    prefill_seconds = best(lambda: prefill(decoder, before, vision), repeats)
    prefix = prefill(decoder, before, vision)
    question_seconds = best(lambda: answer(decoder, prefix, asked(options["questions"]), new_tokens), repeats)
    one = best(lambda: answer(decoder, prefix, asked(1), 1), repeats)
    many = best(lambda: answer(decoder, prefix, asked(1), 1 + STEPS), repeats)
    print(
        json.dumps(
            {
                "prefill": prefill_seconds,
                "questions": question_seconds,
                "image": prefill_seconds + question_seconds,
                "step": (many - one) / STEPS,
                "tokens": answer(decoder, prefix, asked(options["questions"]), new_tokens),
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
            }
        )
    )


main()
