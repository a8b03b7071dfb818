"""Makes the small checkpoints under fixtures/models and the reference recordings beside them.

    python parity/make_fixtures.py [shape ...]

With the versions in requirements.txt, the files come out byte for byte as committed.
"""

import os
import platform
import shutil
import sys
from pathlib import Path

# One thread and no instruction sets beyond the common ones, so that the order of sums depends on the processor as little as
# can be had. Read when the libraries load.
os.environ |= {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "1"}
os.environ |= {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}

import numpy
import PIL
import safetensors
import tokenizers
import torch
import transformers
from safetensors.torch import save_file

from checkpoints import write_checkpoint, write_json
from images import draw_image
from recordings import record
from reference_diagnostics import record_diagnostics
from reference_variants import normalize, pool
from references import load_reference
from shapes import SHAPES, Shape
from weights import random_tensor

FOLDER = Path(__file__).parent / "fixtures" / "models"
PACKAGES = [torch, transformers, tokenizers, safetensors, numpy, PIL]
VERSIONS = {"python": platform.python_version()} | {package.__name__: str(package.__version__) for package in PACKAGES}


def make_shape(shape: Shape) -> None:
    folder = FOLDER / shape.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_checkpoint(shape, folder)
    image = draw_image(*shape.image, shape.seed)
    image.save(folder / "image.png")
    reference = load_reference(shape, folder)
    tensors, json = record(reference, image)
    save_recording(folder / "reference", tensors, json)
    if shape.diagnosed:
        save_recording(folder / "diagnostics", *record_diagnostics(reference, tensors["projector"]))


def make_parts() -> None:
    """Normalising and pooling, each alone. (The multilayer feature is `vision.feature` of the checkpoints that have it.)"""
    folder = FOLDER / "parts"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Scales from far below the cap of 1.22 to far above it; rows of zeros stay zero.
    tokens = random_tensor("tokens", (12, 32), seed=1) * torch.logspace(-3, 3, 12)[:, None]
    tokens[0] = 0
    weight = random_tensor("norm.weight", (32,), seed=1)
    weights = {"ones": torch.ones(32), "learned": weight, "small": weight * 0.1}
    tensors = {"normalize.tokens": tokens}
    for name, value in weights.items():
        tensors |= {f"normalize.{name}.weight": value, f"normalize.{name}.out": normalize(tokens, value)}
    for side, pooled_sides in {24: (16, 8, 4, 1), 5: (3, 2, 5)}.items():
        grid = random_tensor(f"grid.{side}", (side * side, 4), seed=3)
        tensors[f"pool.{side}"] = grid
        tensors |= {f"pool.{side}.{pooled}": pool(grid, pooled) for pooled in pooled_sides}
    save_recording(folder / "reference", tensors, {})


def save_recording(file: Path, tensors: dict[str, torch.Tensor], json: dict) -> None:
    owned = {name: tensor.float().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()}
    save_file(owned, file.with_suffix(".safetensors"))
    write_json(file.with_suffix(".json"), json | {"versions": VERSIONS})


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = False
    torch.use_deterministic_algorithms(True)
    wanted = sys.argv[1:] or [shape.name for shape in SHAPES] + ["parts"]
    with torch.inference_mode():
        for shape in SHAPES:
            if shape.name in wanted:
                make_shape(shape)
        if "parts" in wanted:
            make_parts()
