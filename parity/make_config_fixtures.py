"""Writes parity/fixtures/configs.json: config.json files as they are published, and what transformers makes of them."""

import json
from pathlib import Path

import transformers
from transformers import LlavaConfig

LLAVA_1_5 = {  # llava-hf/llava-1.5-7b-hf: states little more than what differs from the defaults
    "architectures": ["LlavaForConditionalGeneration"],
    "ignore_index": -100,
    "image_token_index": 32000,
    "model_type": "llava",
    "pad_token_id": 32001,
    "projector_hidden_act": "gelu",
    "text_config": {
        "_name_or_path": "lmsys/vicuna-7b-v1.5",
        "architectures": ["LlamaForCausalLM"],
        "max_position_embeddings": 4096,
        "model_type": "llama",
        "rms_norm_eps": 1e-05,
        "torch_dtype": "float16",
        "vocab_size": 32064,
    },
    "tie_word_embeddings": False,
    "torch_dtype": "float16",
    "vision_config": {
        "hidden_size": 1024,
        "image_size": 336,
        "intermediate_size": 4096,
        "model_type": "clip_vision_model",
        "num_attention_heads": 16,
        "num_hidden_layers": 24,
        "patch_size": 14,
        "projection_dim": 768,
        "vocab_size": 32000,
    },
    "vision_feature_layer": -2,
    "vision_feature_select_strategy": "default",
    "vocab_size": 32064,
}

LLAVA_INTERLEAVE_QWEN = {  # llava-hf/llava-interleave-qwen-0.5b-hf: its keys that a LLaVA's shape depends on
    "architectures": ["LlavaForConditionalGeneration"],
    "image_token_index": 151646,
    "model_type": "llava",
    "projector_hidden_act": "gelu",
    "text_config": {
        "architectures": ["Qwen2ForCausalLM"],
        "bos_token_id": 151643,
        "eos_token_id": 151645,
        "hidden_size": 1024,
        "intermediate_size": 2816,
        "model_type": "qwen2",
        "num_attention_heads": 16,
        "num_hidden_layers": 24,
        "num_key_value_heads": 16,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "vocab_size": 152000,
    },
    "torch_dtype": "bfloat16",
    "vision_config": {
        "hidden_size": 1152,
        "image_size": 384,
        "intermediate_size": 4304,
        "model_type": "siglip_vision_model",
        "num_attention_heads": 16,
        "num_hidden_layers": 26,
        "patch_size": 14,
        "vision_use_head": False,
    },
    "vision_feature_layer": -1,
    "vision_feature_select_strategy": "full",
}

# Qwen2 has these by its architecture; its configuration does not say so.
QWEN2 = {"attention_bias": True, "mlp_bias": False}

SOURCES = {
    "llava-1.5-7b-hf": LLAVA_1_5,
    "nothing but the model type": {"model_type": "llava"},
    "empty parts": {"model_type": "llava", "text_config": {}, "vision_config": {}},
    "older rope keys, grouped heads": {
        "model_type": "llava",
        "text_config": {
            "model_type": "llama",
            "hidden_size": 96,
            "num_attention_heads": 6,
            "num_key_value_heads": 2,
            "rope_theta": 500000.0,
            "rope_scaling": None,
            "attention_bias": True,
            "eos_token_id": [2, 7],
            "tie_word_embeddings": True,
        },
        "vision_feature_layer": [-2, -5, 3],
        "vision_feature_select_strategy": "full",
        "multimodal_projector_bias": False,
        "image_token_index": 7,
    },
    "newer rope keys, head width": {
        "model_type": "llava",
        "text_config": {
            "model_type": "llama",
            "hidden_size": 96,
            "num_attention_heads": 4,
            "head_dim": 32,
            "rope_parameters": {"rope_theta": 20000.0, "rope_type": "default"},
        },
    },
    "llava-interleave-qwen-0.5b-hf": LLAVA_INTERLEAVE_QWEN,
    "siglip and qwen2, nothing but their names": {
        "model_type": "llava",
        "text_config": {"model_type": "qwen2", "eos_token_id": 151645},
        "vision_config": {"model_type": "siglip_vision_model"},
        "vision_feature_select_strategy": "full",
    },
}


def resolved(config):
    text, vision = config.text_config, config.vision_config
    implied = {**QWEN2, "head_dim": text.hidden_size // text.num_attention_heads} if text.model_type == "qwen2" else {}
    take = lambda part, *names: {name: implied[name] if name in implied else getattr(part, name) for name in names}
    shared = ["model_type", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "hidden_act"]
    return {
        "vision": take(vision, *shared, "image_size", "patch_size", "layer_norm_eps"),
        "text": take(
            text, *shared, "vocab_size", "num_key_value_heads", "head_dim", "rms_norm_eps", "attention_bias", "mlp_bias",
            "max_position_embeddings", "bos_token_id", "eos_token_id",
        ) | {"rope_theta": text.rope_parameters["rope_theta"]},
        **take(
            config, "tie_word_embeddings", "image_token_index", "projector_hidden_act", "multimodal_projector_bias",
            "vision_feature_layer", "vision_feature_select_strategy",
        ),
    }


cases = [
    {"name": name, "config": source, "resolved": resolved(LlavaConfig(**json.loads(json.dumps(source))))}
    for name, source in SOURCES.items()
]
out = Path(__file__).parent / "fixtures" / "configs.json"
out.write_text(json.dumps({"madeWith": {"transformers": transformers.__version__}, "cases": cases}, indent=1) + "\n")
