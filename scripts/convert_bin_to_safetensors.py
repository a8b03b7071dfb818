"""Rewrites a checkpoint's PyTorch .bin weights as safetensors beside them: python convert_bin_to_safetensors.py FOLDER

Needs `pip install torch safetensors numpy`. One shard is in memory at a time; the .bin files may be deleted afterwards.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

folder = Path(sys.argv[1])
shards = sorted(folder.glob("pytorch_model*.bin"))
if not shards:
    sys.exit(f"{folder}: no pytorch_model*.bin")
weight_map, total = {}, 0
for number, shard in enumerate(shards, 1):
    tensors = torch.load(shard, map_location="cpu", weights_only=True, mmap=True)
    tensors = {name: tensor.clone().contiguous() for name, tensor in tensors.items()}  # clone: shared storage is not allowed
    name = "model.safetensors" if len(shards) == 1 else f"model-{number:05}-of-{len(shards):05}.safetensors"
    save_file(tensors, folder / name, metadata={"format": "pt"})
    weight_map |= dict.fromkeys(tensors, name)
    total += sum(tensor.nbytes for tensor in tensors.values())
    print(f"{shard.name} -> {name}")
if len(shards) > 1:
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))
