"""Runs a reference decoder with its input changed at the sites interventions act on: vision tokens, position ids, and an
additive attention bias on a range of layers, the last by hooks on Hugging Face's attention modules."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from references import Reference


@dataclass(frozen=True)
class AttentionBias:
    """`value` is added to the attention logits of every query from `first_query` on at keys [key_start, key_end), in all
    heads of layers [layer_start, layer_end)."""

    value: float
    first_query: int
    key_start: int
    key_end: int
    layer_start: int
    layer_end: int


@contextmanager
def attention_bias(reference: Reference, bias: AttentionBias | None) -> Iterator[None]:
    def add(_module, args, kwargs):
        mask = kwargs["attention_mask"].clone()  # [1, 1, T, T], additive
        mask[..., bias.first_query :, bias.key_start : bias.key_end] += bias.value
        return args, kwargs | {"attention_mask": mask}

    layers = reference.body.layers[bias.layer_start : bias.layer_end] if bias else []
    handles = [layer.self_attn.register_forward_pre_hook(add, with_kwargs=True) for layer in layers]
    yield
    for handle in handles:
        handle.remove()


@contextmanager
def position_pairs(reference: Reference, pairs: list[tuple[int, int]] | None) -> Iterator[None]:
    """Rotates by pairs of positions: the even frequency pairs by the first of a token's two, the odd ones by the second."""
    rotary = reference.body.rotary_emb

    def turn(x, position_ids=None):
        frequencies = rotary.inv_freq  # [d / 2]
        places = torch.tensor(pairs, dtype=torch.float32)  # [T, 2]
        which = torch.arange(len(frequencies)) % 2
        angles = (places[:, which] * frequencies).repeat(1, 2)[None]
        return angles.cos().to(x.dtype), angles.sin().to(x.dtype)

    plain = rotary.forward
    if pairs:
        rotary.forward = turn
    yield
    rotary.forward = plain


@contextmanager
def patched(reference: Reference, layer: int, tokens: list[int], states: Tensor) -> Iterator[None]:
    """The output of a layer, counted from 0, is `states` [T, H] at some tokens."""

    def replace(_module, _args, out):
        changed = out.clone()
        changed[0, tokens] = states[tokens]
        return changed

    handle = reference.body.layers[layer].register_forward_hook(replace)
    yield
    handle.remove()


def forward(
    reference: Reference, embeds: Tensor, position_ids: list[int] | None = None, bias: AttentionBias | None = None
) -> dict[str, Tensor]:
    """inputs_embeds [T, H] → `logits` [T, vocabulary] and, per layer, `attention.N` [heads, T, T]."""
    positions = None if position_ids is None else torch.tensor([position_ids])
    # Without a mask of its own, transformers takes a jump in the position ids for the start of another sequence.
    mask = torch.ones(1, len(embeds), dtype=torch.long)
    inputs = dict(inputs_embeds=embeds[None], position_ids=positions, attention_mask=mask, use_cache=False)
    with attention_bias(reference, bias):
        out = reference.body(**inputs, output_attentions=True)
    attentions = {f"attention.{layer}": attention[0] for layer, attention in enumerate(out.attentions)}
    return {"logits": reference.head(out.last_hidden_state[0])} | attentions


def generate(
    reference: Reference,
    embeds: Tensor,
    limit: int,
    position_ids: list[int] | None = None,
    bias: AttentionBias | None = None,
) -> tuple[list[int], list[Tensor]]:
    """Greedy tokens and the logits that chose them, the whole sequence run anew for every token: no cache to get wrong.
    A new token's position is one past the one before."""
    tokens: list[int] = []
    chosen_from: list[Tensor] = []
    positions = position_ids
    while len(tokens) < limit and not (tokens and tokens[-1] in reference.eos_ids):
        logits = forward(reference, embeds, positions, bias)["logits"][-1]
        tokens.append(int(logits.argmax()))
        chosen_from.append(logits)
        embeds = torch.cat([embeds, reference.embed(torch.tensor(tokens[-1:]))])
        positions = None if positions is None else [*positions, positions[-1] + 1]
    return tokens, chosen_from
