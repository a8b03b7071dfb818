"""The paper's diagnostics of norms, attention and positions (§4, §7, appendices A and C), stated in PyTorch on one checkpoint.

Queries and keys are taken from Hugging Face's projections and rotated here by a statement of RoPE of our own, held against
the attention probabilities that transformers computed. README.md says what each recorded key is.
"""

import math

import torch
from torch import Tensor

from interventions import generate
from recordings import MAX_NEW_TOKENS, prompt_ids
from references import Reference
from shapes import QUESTIONS, RECORDED

CAPTIONS = ["A red circle above a blue square.", "Three objects: a star, a cross and a big green diamond."]


def record_diagnostics(reference: Reference, vision_tokens: Tensor) -> tuple[dict[str, Tensor], dict]:
    ids = prompt_ids(reference, QUESTIONS[RECORDED[0]])
    prompt = reference.merge(ids, vision_tokens)
    answer, _ = generate(reference, prompt, MAX_NEW_TOKENS)
    spans = token_spans(reference, ids, len(vision_tokens), len(answer))
    # All tokens but the answer's last are queries; a causal decoder's rows are those of decoding step by step.
    whole = Pass(reference, torch.cat([prompt, reference.embed(torch.tensor(answer[:-1], dtype=torch.long))]))
    alone = Pass(reference, prompt)
    probe = Pass(reference, torch.cat([prompt, reference.embed(torch.tensor(reference.eos_ids[:1]))]))
    json = dict(
        question=QUESTIONS[RECORDED[0]],
        promptTokenIds=ids,
        answerTokenIds=answer,
        spans=spans,
        embeddingNorms=embedding_norms(reference, vision_tokens),
        attention=attention_rows(whole, spans),
        balance=cross_modality_balance(whole, spans),
        ropeSensitivity=rope_sensitivity(probe, spans),
        queriesKeys=query_key_statistics(alone, spans),
        hiddenNorms=hidden_norms(alone, spans),
        turnRates=turn_rates(alone, spans),
        phaseStep=phase_step(probe, spans),
    )
    tensors = {}
    for layer in range(len(alone.queries)):
        tensors |= {f"queries.{layer}": alone.queries[layer], f"keys.{layer}": alone.keys[layer]}
    tensors |= {f"hidden.{index}": state for index, state in enumerate(alone.hidden)}
    return tensors | {"vision.rows": whole.rows[:, span(spans["vision"])]}, rounded(json)


class Pass:
    """One pass over embeddings [T, H]: raw layer outputs, rotated queries and keys, attention, aggregated attention rows."""

    def __init__(self, reference: Reference, embeds: Tensor):
        config = reference.body.config
        raw: dict[str, list[Tensor]] = {"q": [], "k": [], "v": [], "attention": [], "hidden": []}
        handles = []
        for layer in reference.body.layers:
            attention = layer.self_attn
            for name, module in (("q", attention.q_proj), ("k", attention.k_proj), ("v", attention.v_proj), ("hidden", layer)):
                handles.append(module.register_forward_hook(lambda _m, _a, out, name=name: raw[name].append(out[0])))
            handles.append(attention.register_forward_hook(lambda _m, _a, out: raw["attention"].append(out[0][0])))
        out = reference.body(inputs_embeds=embeds[None], use_cache=False, output_attentions=True)
        for handle in handles:
            handle.remove()
        self.theta, self.head_dim = config.rope_parameters["rope_theta"], config.head_dim
        self.attention = [attention[0] for attention in out.attentions]  # [heads, T, T]
        self.hidden = [embeds, *raw["hidden"]]  # [T, H]: embeddings, then each layer's output; no final norm
        self.queries = [self.rotated_heads(q) for q in raw["q"]]  # [heads, T, head width]
        self.keys = [self.rotated_heads(k) for k in raw["k"]]  # [key/value heads, T, head width]
        self.key_heads = [keys.repeat_interleave(config.num_attention_heads // len(keys), dim=0) for keys in self.keys]
        self.values = [v.reshape(len(embeds), -1, self.head_dim).transpose(0, 1) for v in raw["v"]]
        self.values = [v.repeat_interleave(config.num_attention_heads // len(v), dim=0) for v in self.values]
        self.out = [layer.self_attn.o_proj for layer in reference.body.layers]
        self.added = raw["attention"]  # [T, H]: what attention adds to the residual stream
        self.logits = [q @ k.mT / math.sqrt(self.head_dim) for q, k in zip(self.queries, self.key_heads)]
        future = torch.ones(len(embeds), len(embeds), dtype=torch.bool).triu(1)
        for logits, attention in zip(self.logits, self.attention):
            torch.testing.assert_close(logits.masked_fill(future, -torch.inf).softmax(-1), attention, atol=1e-5, rtol=0)
        self.rows = torch.stack([row_of_layer(attention) for attention in self.attention]).mean(0)

    def rotated_heads(self, x: Tensor) -> Tensor:
        tokens = len(x)
        apart = x.reshape(tokens, -1, self.head_dim).transpose(0, 1)
        return self.turn(apart, torch.arange(tokens, dtype=torch.float32)[:, None])

    def turn(self, x: Tensor, steps: Tensor | float) -> Tensor:
        """RoPE: dimension pairs (i, i + d/2) as complex numbers, times exp(i · steps · theta^(-2i/d))."""
        half = self.head_dim // 2
        frequencies = self.theta ** (-torch.arange(half, dtype=torch.float32) * 2 / self.head_dim)
        turned = torch.complex(x[..., :half], x[..., half:]) * torch.exp(1j * steps * frequencies)
        return torch.cat([turned.real, turned.imag], dim=-1)


def row_of_layer(attention: Tensor) -> Tensor:
    """[heads, T, T] → [T, T]: mean over heads, the BOS column set to zero, rows summing to 1 again (BOS's own stays 0)."""
    rows = attention.mean(0)
    rows[:, 0] = 0
    return rows / rows.sum(-1, keepdim=True).clamp(min=1e-30)


def token_spans(reference: Reference, ids: list[int], vision: int, answer: int) -> dict[str, list[int]]:
    """[start, end) of each kind of token in the sequence of prompt and answer."""
    start = ids.index(reference.image_token_id)
    system = len(reference.tokenize(reference.shape.system + "<image>")) - vision if reference.shape.system else 1
    end = start + vision
    spans = dict(bos=[0, 1], system=[1, system], role=[system, start], vision=[start, end])
    return spans | dict(user=[end, len(ids)], answer=[len(ids), len(ids) + answer])


def span(bounds: list[int]) -> slice:
    return slice(*bounds)


def embedding_norms(reference: Reference, vision_tokens: Tensor) -> dict:
    """Figure 3: L2 norms after the projector, and of captions' input embeddings with BOS."""
    captions = []
    for text in CAPTIONS:
        ids = reference.tokenize_text(text)
        captions.append(dict(text=text, tokenIds=ids, norms=reference.embed(torch.tensor(ids)).norm(dim=-1)))
    return dict(vision=vision_tokens.norm(dim=-1), captions=captions)


def entropy(weights: Tensor) -> Tensor:
    """Normalised: p = a / sum(a), + 1e-10, normalised again; -sum(p log2 p) / log2 N."""
    p = weights / weights.sum() + 1e-10
    p = p / p.sum()
    return -(p * p.log2()).sum() / math.log2(len(p))


def attention_rows(run: Pass, spans: dict[str, list[int]]) -> dict:
    """Table 4. The row of a token is that of the step producing it: its query is the token before."""
    (_, image_end), (first, last) = spans["vision"], spans["answer"]
    vision = run.rows[:, span(spans["vision"])]
    answer = vision[first - 1 : last - 1]
    following = vision[image_end - 1 : last - 1]
    return dict(
        answerEntropy=entropy(answer.mean(0)),
        tokenEntropies=torch.stack([entropy(row) for row in answer]),
        followingEntropy=entropy(following.mean(0)),
        answerRow=answer.mean(0),
        visionMasses=answer.sum(-1),
    )


def cross_modality_balance(run: Pass, spans: dict[str, list[int]]) -> dict:
    first, last = spans["answer"]
    steps = [torch.stack([layer[:, query] for layer in run.attention]) for query in range(first - 1, last - 1)]
    masses = {
        name: torch.stack([step[..., bounds[0] : bounds[1]].sum(-1) for step in steps])  # [steps, layers, heads]
        for name, bounds in spans.items()
    }
    vision, user, system = masses["vision"], masses["user"], masses["system"]
    asked = user + masses["role"]
    return dict(
        masses={name: value.mean(0) for name, value in masses.items()},
        visionShare=(vision / (vision + asked)).mean(0),
        visionShareAfterImage=(vision / (vision + user)).mean(0),
        systemShare=(system / (vision + asked + system)).mean(0),
        userShare=(asked / (vision + asked + system)).mean(0),
        systemShareBySteps=(system / (vision + asked + system)).mean((1, 2)),
    )


def rope_sensitivity(run: Pass, spans: dict[str, list[int]], delta: float = 1.0) -> dict:
    """The query is an end-of-sequence token after the prompt, the keys are the prompt's; vision keys turn by +delta steps."""
    start, end = spans["vision"]
    alpha, delta_alpha, delta_g = [], [], []
    for queries, keys in zip(run.queries, run.key_heads):
        query, keys = queries[:, -1:], keys[:, :-1]
        turned = torch.cat([keys[:, :start], run.turn(keys[:, start:end], delta), keys[:, end:]], dim=1)
        before, after = [(query @ k.mT)[:, 0] / math.sqrt(run.head_dim) for k in (keys, turned)]
        weights = before.softmax(-1)[:, start:end]
        mass = weights.sum(-1)
        alpha.append(mass)
        delta_alpha.append(after.softmax(-1)[:, start:end].sum(-1) - mass)
        delta_g.append((weights / mass[:, None] * (after - before)[:, start:end]).sum(-1) / delta)
    stacked = dict(alpha=alpha, deltaAlpha=delta_alpha, deltaG=delta_g)
    return dict(delta=delta) | {name: torch.stack(values) for name, values in stacked.items()}


def query_key_statistics(run: Pass, spans: dict[str, list[int]]) -> list[dict]:
    """Appendix A's premise, layer by layer: vision tokens against all text of the prompt (BOS too). Logits and attention
    mass are those of the queries after the image; medians are over heads and tokens, or heads and visible pairs."""
    count = spans["user"][1]
    is_vision = torch.zeros(count, dtype=torch.bool)
    is_vision[span(spans["vision"])] = True
    asked = torch.arange(spans["user"][0], count)
    visible = (torch.arange(count)[None] <= asked[:, None])[None]
    layers = []
    for queries, keys, logits, attention in zip(run.queries, run.keys, run.logits, run.attention):
        logits, attention = logits[:, asked], attention[:, asked]
        seen = visible.expand_as(logits)
        layers.append(
            dict(
                visionQueryNorm=median(queries[:, is_vision].norm(dim=-1)),
                textQueryNorm=median(queries[:, ~is_vision].norm(dim=-1)),
                visionKeyNorm=median(keys[:, is_vision].norm(dim=-1)),
                textKeyNorm=median(keys[:, ~is_vision].norm(dim=-1)),
                visionLogit=median(logits[seen & is_vision]),
                textLogit=median(logits[seen & ~is_vision]),
                visionMass=attention[..., is_vision].sum(-1).mean(),
                textMass=attention[..., ~is_vision].sum(-1).mean(),
            )
        )
    return layers


def median(values: Tensor) -> Tensor:
    """The mean of the two middle values when their number is even."""
    return values.flatten().quantile(0.5)


def hidden_norms(run: Pass, spans: dict[str, list[int]]) -> dict:
    """Mean L2 norm over each kind of token of the prompt: of the embeddings, then of each layer's output."""
    norms = torch.stack([state.norm(dim=-1) for state in run.hidden])  # [layers + 1, T]
    return {name: norms[:, span(bounds)].mean(-1) for name, bounds in spans.items() if name != "answer"}


def turn_rates(run: Pass, spans: dict[str, list[int]]) -> dict:
    """Mean cosine of a token's state before and after each layer, over each kind of token of the prompt."""
    cosines = torch.stack([torch.cosine_similarity(a, b, dim=-1) for a, b in zip(run.hidden, run.hidden[1:])])
    return {name: cosines[:, span(bounds)].mean(-1) for name, bounds in spans.items() if name != "answer"}


def phase_step(run: Pass, spans: dict[str, list[int]], delta: float = 1.0) -> dict:
    """The directional lemma, layer by layer: the vision keys turn by +delta steps, all that comes into the layer stays. How far
    the direction of residual + attention output moves, and how long attention's output is beside the residual."""
    start, end = spans["vision"]
    turned, ratios = [], []
    layers = zip(run.hidden, run.added, run.queries, run.key_heads, run.values, run.out)
    for residual, added, queries, keys, values, out in layers:
        moved = torch.cat([keys[:, :start], run.turn(keys[:, start:end], delta), keys[:, end:]], dim=1)
        future = torch.ones(len(residual), len(residual), dtype=torch.bool).triu(1)
        outputs = []
        for k in (keys, moved):
            weights = (queries @ k.mT / math.sqrt(run.head_dim)).masked_fill(future, -torch.inf).softmax(-1)
            outputs.append(out((weights @ values).transpose(0, 1).flatten(1)))
        torch.testing.assert_close(outputs[0], added, atol=1e-5, rtol=1e-4)
        before, after = [torch.nn.functional.normalize(residual + output, dim=-1) for output in outputs]
        turned.append((after - before).norm(dim=-1))
        ratios.append(added.norm(dim=-1) / residual.norm(dim=-1))
    kinds = {name: bounds for name, bounds in spans.items() if name not in ("answer", "bos")}
    mean = lambda rows, bounds: torch.stack([row[span(bounds)].mean() for row in rows])
    return dict(
        delta=delta,
        turned={name: mean(turned, bounds) for name, bounds in kinds.items()},
        outputOverResidual={name: mean(ratios, bounds) for name, bounds in kinds.items()},
    )


def rounded(value):
    """Tensors as lists, numbers to eight significant digits."""
    if isinstance(value, Tensor):
        return rounded(value.tolist())
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.8g}") if isinstance(value, float) else value
