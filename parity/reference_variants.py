"""The paper's variants of LLaVA, stated in plain PyTorch from the paper (§3.2, §5.2) and the behaviour of its released code.

Nothing here is shared with the TypeScript implementation, nor with the released code.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

# The mean and the maximum of the norms in Vicuna's embedding table, as the paper gives them (§5.2).
MEAN_NORM = 0.83
MAX_NORM = 1.22


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / sqrt(mean(x²) + eps) · weight, over the last axis in float32."""
    x = x.float()
    return x / torch.sqrt(torch.mean(x**2, dim=-1, keepdim=True) + eps) * weight


def normalize(tokens: Tensor, weight: Tensor, eps: float = 1e-6) -> Tensor:
    """+ Normalize: [N, H] projected tokens → RMSNorm, each norm n capped by min(1.22 / n, 1), all scaled by 0.83."""
    tokens = rms_norm(tokens, weight, eps)
    norm = tokens.norm(p=2, dim=-1, keepdim=True)
    return tokens * torch.clamp(MAX_NORM / norm, max=1.0) * MEAN_NORM


def multilayer_feature(
    hidden_states: Sequence[Tensor], layers: Sequence[int], weight: Tensor, bias: Tensor, eps: float
) -> Tensor:
    """+ Multilayer: the outputs of the layers (1-based), each [1 + N, V], through the tower's post-layernorm, without the
    class token, side by side in the order given: [N, V · layers]. `hidden_states[0]` is the embeddings."""
    width = weight.shape[0]
    return torch.cat([F.layer_norm(hidden_states[layer], (width,), weight, bias, eps)[1:] for layer in layers], dim=-1)


def pool(tokens: Tensor, side: int) -> Tensor:
    """Compression: [S², H] tokens of a row-major S × S grid → adaptive average pooling → [side², H], row-major."""
    count, width = tokens.shape
    grid = tokens.T.reshape(1, width, round(count**0.5), round(count**0.5))
    return F.adaptive_avg_pool2d(grid, (side, side)).reshape(width, side * side).T.contiguous()
