"""Writes a shape's checkpoint folder: Hugging Face's layout by `save_pretrained`, or LLaVA's own."""

import json
import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPVisionConfig,
    LlamaConfig,
    LlamaForCausalLM,
    LlavaConfig,
    LlavaForConditionalGeneration,
    PretrainedConfig,
    Qwen2Config,
    SiglipVisionConfig,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from shapes import MULTILAYER_LAYERS, Shape
from vocabulary import build_tokenizer, vocabulary_size
from weights import fill_with_random, random_tensor

# (prefix as transformers saves it, prefix as named); the first match is taken.
RENAMINGS = {
    "transformers": [],
    "model-prefix": [
        ("language_model.lm_head.", "lm_head."),
        ("language_model.model.", "model.language_model."),
        ("vision_tower.", "model.vision_tower.vision_model."),
        ("multi_modal_projector.", "model.multi_modal_projector."),
    ],
    "llava-hf": [("vision_tower.", "vision_tower.vision_model.")],
}


def write_checkpoint(shape: Shape, folder: Path) -> None:
    """Writes `checkpoint/` (and, in LLaVA's naming, `vision-tower/`) under a shape's folder."""
    if shape.names == "llava":
        write_llava_checkpoint(shape, folder / "checkpoint", folder / "vision-tower")
    else:
        write_hf_checkpoint(shape, folder / "checkpoint")


def image_processor(shape: Shape, pads: bool):
    if shape.tower == "siglip":
        return SiglipImageProcessorPil(size={"height": shape.image_size, "width": shape.image_size})
    size = dict(size={"shortest_edge": shape.image_size}, crop_size=shape.image_size)
    return LlavaImageProcessorPil(do_pad=True, **size) if pads else CLIPImageProcessorPil(**size)


def vision_settings(shape: Shape) -> dict:
    return shape.vision | dict(image_size=shape.image_size, patch_size=shape.patch_size)


def vision_config(shape: Shape) -> PretrainedConfig:
    if shape.tower == "siglip":
        return SiglipVisionConfig(**vision_settings(shape), vision_use_head=False)
    return CLIPVisionConfig(**vision_settings(shape))


def text_config(shape: Shape, image_token: bool) -> LlamaConfig | Qwen2Config:
    settings = dict(rms_norm_eps=1e-5, max_position_embeddings=256, bos_token_id=1, eos_token_id=2, pad_token_id=0)
    config_class = Qwen2Config if shape.decoder == "qwen2" else LlamaConfig
    return config_class(vocab_size=vocabulary_size(image_token), **(settings | shape.text))


def write_hf_checkpoint(shape: Shape, folder: Path) -> None:
    layers = shape.feature_layers
    text = text_config(shape, image_token=True)
    tokenizer = build_tokenizer(image_token=True, chat=shape.chat)
    config = LlavaConfig(
        vision_config=vision_config(shape),
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=shape.vision_tokens,
        vision_feature_layer=layers if isinstance(layers, int) else list(layers),
        vision_feature_select_strategy=shape.select,
        multimodal_projector_bias=shape.projector_bias,
        tie_word_embeddings=text.tie_word_embeddings,
    )
    model = LlavaForConditionalGeneration(config)
    fill_with_random(model, shape.seed)
    model.generation_config.update(bos_token_id=text.bos_token_id, eos_token_id=text.eos_token_id, pad_token_id=0)
    model.to(getattr(torch, shape.dtype)).save_pretrained(folder, max_shard_size=shape.shard_size)
    tokenizer.save_pretrained(folder)
    image_processor(shape, shape.pad).save_pretrained(folder)
    rename_tensors(folder, RENAMINGS[shape.names])
    if shape.names == "llava-hf":
        write_config_of_transformers_4(folder / "config.json")


def rename_tensors(folder: Path, renaming: list[tuple[str, str]]) -> None:
    def rename(name: str) -> str:
        return next((new + name[len(old) :] for old, new in renaming if name.startswith(old)), name)

    for file in sorted(folder.glob("*.safetensors")):
        tensors = {rename(name): tensor for name, tensor in load_file(file).items()}
        save_file(tensors, file, metadata={"format": "pt"})
    for file in folder.glob("*.safetensors.index.json"):
        index = json.loads(file.read_text())
        index["weight_map"] = {rename(name): shard for name, shard in index["weight_map"].items()}
        write_json(file, index)


def write_config_of_transformers_4(file: Path) -> None:
    """Rewrites the keys that transformers 5 renamed, as the published checkpoints still have them."""
    config = json.loads(file.read_text())
    config["torch_dtype"] = config.pop("dtype")
    rope = config["text_config"].pop("rope_parameters")
    config["text_config"]["rope_theta"] = rope["rope_theta"]
    write_json(file, config)


def write_llava_checkpoint(shape: Shape, folder: Path, tower_folder: Path) -> None:
    dtype = getattr(torch, shape.dtype)
    write_vision_tower(shape, tower_folder, dtype)
    text = text_config(shape, image_token=False)
    decoder = LlamaForCausalLM(text)
    fill_with_random(decoder, shape.seed)
    tensors = decoder.state_dict() | projector_tensors(shape)
    folder.mkdir(parents=True)
    save_file({name: tensor.to(dtype) for name, tensor in tensors.items()}, folder / "model.safetensors", metadata={"format": "pt"})
    build_tokenizer(image_token=False).save_pretrained(folder)
    write_json(folder / "config.json", llava_config(shape, text))
    write_json(folder / "generation_config.json", dict(bos_token_id=1, eos_token_id=2, pad_token_id=0))


def write_vision_tower(shape: Shape, folder: Path, dtype: torch.dtype) -> None:
    """A whole CLIP model, as openai/clip-vit-large-patch14-336 is: its text half and position ids are to be passed over."""
    text = dict(vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2)
    text |= dict(max_position_embeddings=4, bos_token_id=1, eos_token_id=2, projection_dim=8)
    clip = CLIPModel(CLIPConfig(text_config=text, vision_config=vision_settings(shape), projection_dim=8))
    fill_with_random(clip, shape.seed)
    clip.to(dtype).save_pretrained(folder)
    image_processor(shape, pads=False).save_pretrained(folder)
    tensors = load_file(folder / "model.safetensors")
    tensors["vision_model.embeddings.position_ids"] = torch.arange(shape.side**2 + 1)[None]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def projector_tensors(shape: Shape) -> dict[str, torch.Tensor]:
    """The projector under the names its wrappers give it: `proj.` by pooling, `projector.` by normalising."""
    vision, hidden = shape.vision["hidden_size"], shape.text["hidden_size"]
    inputs = vision * len(MULTILAYER_LAYERS) if shape.multilayer else vision
    pooled = "model.mm_projector." + ("proj." if shape.pool_side else "")
    inner = pooled + ("projector." if shape.normalize else "")
    shapes = {"linear_1.weight": (hidden, inputs), "linear_1.bias": (hidden,)}
    shapes |= {"linear_2.weight": (hidden, hidden), "linear_2.bias": (hidden,)}
    places = {"linear_1": f"{inner}0", "linear_2": f"{inner}2"}
    tensors = {}
    for name, size in shapes.items():
        layer, kind = name.split(".")
        tensors[f"{places[layer]}.{kind}"] = random_tensor(f"multi_modal_projector.{name}", size, shape.seed)
    if shape.normalize:
        tensors[f"{pooled}norm.weight"] = random_tensor("norm.weight", (hidden,), shape.seed)
    return tensors


def llava_config(shape: Shape, text: LlamaConfig) -> dict:
    """`config.json` with the keys of LLaVA's repository and of the paper's additions to it."""
    config = dict(
        architectures=["LlavaLlamaForCausalLM"],
        model_type="llava_llama",
        torch_dtype=shape.dtype,
        rope_theta=text.rope_parameters["rope_theta"],
        mm_vision_tower="../vision-tower",
        mm_projector_type="mlp2x_gelu",
        mm_hidden_size=shape.vision["hidden_size"],
        mm_vision_select_layer=shape.feature_layers,
        mm_vision_select_feature="patch",
        mm_patch_merge_type="flat",
        mm_use_im_patch_token=False,
        mm_use_im_start_end=False,
        image_aspect_ratio="pad",
        use_mm_proj=True,
    )
    for key in ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"):
        config[key] = getattr(text, key)
    for key in ("num_key_value_heads", "hidden_act", "rms_norm_eps", "max_position_embeddings"):
        config[key] = getattr(text, key)
    config |= dict(bos_token_id=1, eos_token_id=2, pad_token_id=0, tie_word_embeddings=False)
    if shape.normalize or shape.pool_side:
        config |= dict(normalize_projector=shape.normalize, use_multilayer_features=shape.multilayer)
        config |= dict(compression_after_projection=shape.pool_side is not None, num_vision_tokens=shape.side**2)
        config["final_spatial_size"] = shape.pool_side or 16
    return config


def write_json(file: Path, value: dict) -> None:
    """Indented, with lists of numbers on one line."""
    text = json.dumps(value, indent=2, sort_keys=True)
    text = re.sub(r"\[[-+.\de,\s]+\]", lambda numbers: " ".join(numbers[0].split()).replace("[ ", "[").replace(" ]", "]"), text)
    file.write_text(text + "\n")
