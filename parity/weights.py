"""Random weights, one stream of numbers a tensor name, so that a tensor stays as it is when others come or go."""

from zlib import crc32

import numpy as np
import torch

# Gains over 1/sqrt(inputs). Queries and keys are sharpened so that attention is far from uniform; the projector's second
# layer so that vision tokens are longer than text embeddings, as in trained models; what decoder layers write so that a token's
# own embedding does not decide the next token; heads so that logits spread.
GAINS = {"q_proj": 1.5, "k_proj": 1.5, "linear_2": 2.0, "o_proj": 3.0, "down_proj": 3.0, "lm_head": 2.5}
EMBEDDINGS = ("embed_tokens", "token_embedding", "position_embedding", "class_embedding")


def random_tensor(name: str, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    values = np.random.default_rng([seed, crc32(name.encode())]).standard_normal(shape)
    parts = name.split(".")
    if "norm" in name and parts[-1] == "weight":
        values = 1 + 0.2 * values
    elif parts[-1] == "bias":
        values = 0.1 * values
    elif any(part in EMBEDDINGS for part in parts):
        values = 0.4 * values
    elif len(shape) > 1:
        gain = next((GAINS[part] for part in parts if part in GAINS), 1.0)
        values = values * gain / np.sqrt(np.prod(shape[1:]))
    return torch.from_numpy(values.astype(np.float32))


def fill_with_random(module: torch.nn.Module, seed: int) -> None:
    """Overwrites every parameter of a module, tied ones once."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(random_tensor(name, tuple(parameter.shape), seed))
