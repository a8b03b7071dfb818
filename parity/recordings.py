"""Records what a reference computes: tensors for the safetensors file, token ids and the rest for the JSON."""

import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from interventions import AttentionBias, forward, generate, patched, position_pairs
from references import Reference
from shapes import MULTILAYER_LAYERS, QUESTIONS, RECORDED

MAX_NEW_TOKENS = 12
# A recorded answer must not hang on rounding.
MIN_MARGIN = 5e-3


def record(reference: Reference, image: Image.Image) -> tuple[dict[str, Tensor], dict]:
    pixel_values = reference.pixels(image)
    tensors = {"pixel_values": pixel_values} | reference.encode_image(pixel_values)
    vision_tokens = tensors["projector"]
    prompts = []
    for number, question in enumerate(QUESTIONS[index] for index in RECORDED):
        ids = prompt_ids(reference, question)
        embeds = reference.merge(ids, vision_tokens)
        tensors |= prefixed(f"prompt.{number}", {"inputs_embeds": embeds} | forward(reference, embeds))
        prompts.append(dict(question=question, tokenIds=ids))
    generations = [record_generation(reference, question, pixel_values, vision_tokens) for question in QUESTIONS]
    intervention_tensors, interventions = record_interventions(reference, vision_tokens)
    shape = reference.shape
    layers = MULTILAYER_LAYERS if shape.multilayer else shape.feature_layers
    json = dict(
        shape=shape.name,
        purpose=shape.purpose,
        seed=shape.seed,
        template=shape.template,
        imageTokenId=reference.image_token_id,
        imageStart=prompts[0]["tokenIds"].index(reference.image_token_id),
        visionTokens=len(vision_tokens),
        eosTokenIds=reference.eos_ids,
        featureLayers=[layers] if isinstance(layers, int) else list(layers),
        prompts=prompts,
        generations=generations,
        interventions=interventions,
    )
    return tensors | intervention_tensors, json


def prompt_ids(reference: Reference, question: str) -> list[int]:
    return reference.tokenize(reference.shape.template.format(question=question))


def record_generation(reference: Reference, question: str, pixel_values: Tensor, vision_tokens: Tensor) -> dict:
    """transformers' own `generate`, held against greedy decoding without a cache."""
    ids = prompt_ids(reference, question)
    tokens, logits = reference.generate(ids, pixel_values, MAX_NEW_TOKENS)
    uncached, _ = generate(reference, reference.merge(ids, vision_tokens), MAX_NEW_TOKENS)
    if tokens != uncached:
        raise AssertionError(f"{reference.shape.name}, {question!r}: generate gave {tokens}, without a cache {uncached}")
    return dict(question=question, promptTokenIds=ids) | answer(reference, tokens, logits)


def answer(reference: Reference, tokens: list[int], logits: list[Tensor]) -> dict:
    top2 = torch.stack(logits).topk(2).values
    margins = (top2[:, 0] - top2[:, 1]).tolist()
    if min(margins) < MIN_MARGIN:
        raise AssertionError(f"{reference.shape.name}: margin {min(margins)} between two tokens: take another seed")
    text = reference.decode(tokens)
    return dict(tokenIds=tokens, text=text, margins=[round(margin, 5) for margin in margins])


def record_interventions(reference: Reference, vision_tokens: Tensor) -> tuple[dict[str, Tensor], dict]:
    """Each acts on the first recorded prompt alone."""
    ids = prompt_ids(reference, QUESTIONS[RECORDED[0]])
    embeds = reference.merge(ids, vision_tokens)
    start, count = ids.index(reference.image_token_id), len(vision_tokens)
    end, side, layers = start + count, math.isqrt(count), len(reference.body.layers)
    permutation = np.random.default_rng(reference.shape.seed).permutation(count).tolist()
    # Every row of the grid at one position, the text after it going on from there.
    rows = [start + token // side for token in range(count)]
    positions = [*range(start), *rows, *range(start + side, start + side + len(ids) - end)]
    # Every query after the image, the answer included, loses sight of the vision tokens; or is drawn to them.
    knockout = AttentionBias(-math.inf, end, start, end, layer_start=1, layer_end=layers)
    bias = AttentionBias(1.5, end, start, end, layer_start=0, layer_end=1)
    runs = {
        "permute": (reference.merge(ids, vision_tokens[permutation]), {}, dict(permutation=permutation)),
        "positions": (embeds, dict(position_ids=positions), dict(positionIds=positions)),
        "knockout": (embeds, dict(bias=knockout), bias_json(knockout)),
        "bias": (embeds, dict(bias=bias), bias_json(bias)),
    }
    tensors, json = {}, {}
    for name, (run_embeds, settings, described) in runs.items():
        tensors[f"{name}.logits"] = forward(reference, run_embeds, **settings)["logits"]
        tokens, logits = generate(reference, run_embeds, MAX_NEW_TOKENS, **settings)
        json[name] = described | answer(reference, tokens, logits)
    # Rows and columns of the grid as positions of their own, all other tokens at their place in both.
    pairs = [(token, token) for token in range(len(ids))]
    pairs[start:end] = [(start + token // side, start + token % side) for token in range(count)]
    with position_pairs(reference, pairs):
        tensors["grid.logits"] = forward(reference, embeds)["logits"]
    json["grid"] = dict(positionPairs=pairs)
    # Every other vision token's state after the first layer is that of the run with permuted tokens.
    seen = []
    handle = reference.body.layers[0].register_forward_hook(lambda _m, _a, out: seen.append(out[0]))
    forward(reference, runs["permute"][0])
    handle.remove()
    tokens = list(range(start, end, 2))
    with patched(reference, 0, tokens, seen[0]):
        tensors["patch.logits"] = forward(reference, embeds)["logits"]
    json["patch"] = dict(layer=1, tokens=tokens)
    return tensors, json


def bias_json(bias: AttentionBias) -> dict:
    return dict(
        value="-Infinity" if math.isinf(bias.value) else bias.value,
        firstQuery=bias.first_query,
        keys=[bias.key_start, bias.key_end],
        layers=[bias.layer_start, bias.layer_end],
    )


def prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}
