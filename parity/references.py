"""Loads a shape's checkpoint into Hugging Face's classes and states how its image becomes vision tokens.

Everything computes in float32, whatever the file's type, with eager attention.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import (
    AutoImageProcessor,
    AutoTokenizer,
    CLIPVisionModel,
    LlamaForCausalLM,
    LlavaForConditionalGeneration,
    LlavaProcessor,
)
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

from reference_variants import multilayer_feature, normalize, pool
from shapes import MULTILAYER_LAYERS, Shape

LOADING = dict(dtype=torch.float32, attn_implementation="eager")
# What LLaVA puts into the token ids where the vision tokens go.
LLAVA_IMAGE_TOKEN = -200


@dataclass
class Reference:
    """One checkpoint, ready to run. `body` maps inputs_embeds to hidden states, `head` those to logits."""

    shape: Shape
    embed: nn.Module
    body: nn.Module
    head: nn.Module
    eos_ids: list[int]
    image_token_id: int
    decode: Callable[[list[int]], str]
    tokenize: Callable[[str], list[int]]
    """A rendered prompt with `<image>` → token ids, the image's place filled with `image_token_id` for every vision token."""
    tokenize_text: Callable[[str], list[int]]
    pixels: Callable[[Image.Image], Tensor]
    encode_image: Callable[[Tensor], dict[str, Tensor]]
    """Pixel values [3, S, S] → `vision.hidden.N`, `vision.feature` and `projector`, each [tokens, width]."""
    generate: Callable[[list[int], Tensor, int], tuple[list[int], list[Tensor]]]
    """Token ids, pixel values and a limit → transformers' own greedy tokens and the logits that chose them."""

    def merge(self, token_ids: list[int], vision_tokens: Tensor) -> Tensor:
        """The embeddings of the text with the vision tokens in the image's place: [T, H]."""
        ids = torch.tensor(token_ids)
        is_image = ids == self.image_token_id
        embeds = self.embed(torch.where(is_image, 0, ids)).clone()
        embeds[is_image] = vision_tokens
        return embeds


def load_reference(shape: Shape, folder: Path) -> Reference:
    load = load_llava_reference if shape.names == "llava" else load_hf_reference
    return load(shape, folder)


def load_hf_reference(shape: Shape, folder: Path) -> Reference:
    checkpoint = folder / "checkpoint"
    model, loading = LlavaForConditionalGeneration.from_pretrained(checkpoint, output_loading_info=True, **LOADING)
    if loading["missing_keys"] or loading["unexpected_keys"]:
        raise AssertionError(f"{shape.name}: transformers does not take every tensor: {loading}")
    model.eval()
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    processor = LlavaProcessor(
        AutoImageProcessor.from_pretrained(checkpoint),
        tokenizer,
        patch_size=shape.patch_size,
        vision_feature_select_strategy=shape.select,
        num_additional_image_tokens=shape.class_tokens,
    )
    blank = Image.new("RGB", shape.image)

    def encode_image(pixel_values: Tensor) -> dict[str, Tensor]:
        hidden = model.model.vision_tower(pixel_values[None], output_hidden_states=True).hidden_states
        features: list[Tensor] = []
        handle = model.model.multi_modal_projector.register_forward_pre_hook(lambda _, args: features.append(args[0]))
        projected = model.get_image_features(pixel_values[None]).pooler_output[0]
        handle.remove()
        return named_hidden_states(hidden) | {"vision.feature": features[0][0], "projector": projected}

    def generate(token_ids: list[int], pixel_values: Tensor, limit: int) -> tuple[list[int], list[Tensor]]:
        inputs = dict(input_ids=torch.tensor([token_ids]), pixel_values=pixel_values[None])
        return greedy(model, len(token_ids), limit, **inputs)

    return Reference(
        shape=shape,
        embed=model.get_input_embeddings(),
        body=model.model.language_model,
        head=model.lm_head,
        eos_ids=as_list(model.generation_config.eos_token_id),
        image_token_id=model.config.image_token_id,
        decode=lambda ids: tokenizer.decode(ids, skip_special_tokens=True),
        tokenize=lambda text: processor(images=blank, text=text)["input_ids"][0],
        tokenize_text=lambda text: tokenizer(text)["input_ids"],
        pixels=lambda image: processor.image_processor(image, return_tensors="pt")["pixel_values"][0],
        encode_image=encode_image,
        generate=generate,
    )


def load_llava_reference(shape: Shape, folder: Path) -> Reference:
    checkpoint, tower_folder = folder / "checkpoint", folder / "vision-tower"
    tower = CLIPVisionModel.from_pretrained(tower_folder, **LOADING).eval()
    tensors = {name: tensor.float() for name, tensor in load_file(checkpoint / "model.safetensors").items()}
    projector = {name: tensor for name, tensor in tensors.items() if ".mm_projector." in name}
    decoder = load_decoder(json.loads((checkpoint / "config.json").read_text()), tensors.keys() - projector.keys(), tensors)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    crop = AutoImageProcessor.from_pretrained(tower_folder)
    pad = LlavaImageProcessorPil(do_pad=True, size={"shortest_edge": shape.image_size}, crop_size=crop.crop_size)

    def part(suffix: str) -> Tensor:
        (tensor,) = [tensor for name, tensor in projector.items() if name.endswith(suffix)]
        return tensor

    def encode_image(pixel_values: Tensor) -> dict[str, Tensor]:
        hidden = tower(pixel_values[None], output_hidden_states=True).hidden_states
        feature = hidden[shape.feature_layers][0, 1:]
        if shape.multilayer:
            norm = tower.post_layernorm
            feature = multilayer_feature([h[0] for h in hidden], MULTILAYER_LAYERS, norm.weight, norm.bias, norm.eps)
        tokens = F.linear(F.gelu(F.linear(feature, part("0.weight"), part("0.bias"))), part("2.weight"), part("2.bias"))
        stages = {"projector.mlp": tokens}
        if shape.normalize:
            tokens = stages["projector.normalized"] = normalize(tokens, part("norm.weight"))
        if shape.pool_side:
            tokens = pool(tokens, shape.pool_side)
        return named_hidden_states(hidden) | {"vision.feature": feature} | stages | {"projector": tokens}

    def tokenize(text: str) -> list[int]:
        before, after = text.split("<image>")
        image = [LLAVA_IMAGE_TOKEN] * shape.tokens_side**2
        return tokenizer(before)["input_ids"] + image + tokenizer(after, add_special_tokens=False)["input_ids"]

    reference = Reference(
        shape=shape,
        embed=decoder.get_input_embeddings(),
        body=decoder.model,
        head=decoder.lm_head,
        eos_ids=[tokenizer.eos_token_id],
        image_token_id=LLAVA_IMAGE_TOKEN,
        decode=lambda ids: tokenizer.decode(ids, skip_special_tokens=True),
        tokenize=tokenize,
        tokenize_text=lambda text: tokenizer(text)["input_ids"],
        pixels=lambda image: pad(image, return_tensors="pt")["pixel_values"][0],
        encode_image=encode_image,
        generate=lambda ids, pixel_values, limit: greedy(
            decoder, 0, limit, inputs_embeds=reference.merge(ids, encode_image(pixel_values)["projector"])[None]
        ),
    )
    return reference


def load_decoder(config: dict, names: set[str], tensors: dict[str, Tensor]) -> LlamaForCausalLM:
    decoder_class = LlamaForCausalLM.config_class
    keys = decoder_class().to_dict().keys() - {"model_type", "architectures", "dtype"}
    settings = {key: value for key, value in config.items() if key in keys}
    decoder = LlamaForCausalLM._from_config(
        decoder_class(**settings, rope_parameters=dict(rope_type="default", rope_theta=config["rope_theta"])), **LOADING
    )
    decoder.load_state_dict({name: tensors[name] for name in names}, strict=True)
    return decoder.eval()


def named_hidden_states(hidden: tuple[Tensor, ...]) -> dict[str, Tensor]:
    return {f"vision.hidden.{index}": state[0] for index, state in enumerate(hidden)}


def greedy(model, prompt_length: int, limit: int, **inputs) -> tuple[list[int], list[Tensor]]:
    """transformers' `generate` without sampling. With inputs_embeds it returns the new tokens alone (`prompt_length` 0)."""
    length = inputs.get("input_ids", inputs.get("inputs_embeds")).shape[1]
    out = model.generate(
        **inputs,
        attention_mask=torch.ones(1, length, dtype=torch.long),
        max_new_tokens=limit,
        do_sample=False,
        output_logits=True,
        return_dict_in_generate=True,
    )
    return out.sequences[0, prompt_length:].tolist(), [logits[0] for logits in out.logits]


def as_list(value: int | list[int]) -> list[int]:
    return value if isinstance(value, list) else [value]
