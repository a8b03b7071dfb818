"""The fixtures' checkpoints, as a table: each differs from the others in what implementations get wrong."""

from dataclasses import dataclass, field
from typing import Literal

VISION = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4, projection_dim=32)
TEXT = dict(hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=4)
# The layers of the paper's + Multilayer are 12, 16, 20 and 24 of 24: a tower as deep, and narrow, takes the same numbers.
DEEP_VISION = dict(hidden_size=16, intermediate_size=32, num_hidden_layers=24, num_attention_heads=2, projection_dim=8)
LLAVA_TEXT = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4)

# How a checkpoint names its tensors: as the running transformers saves them; with the `model.` prefix of its exports of
# 2025; as the published llava-hf/llava-1.5-7b-hf; or as LLaVA's own repository, the vision tower in a folder of its own.
Names = Literal["transformers", "model-prefix", "llava-hf", "llava"]

SIGLIP_VISION = dict(hidden_size=32, intermediate_size=56, num_hidden_layers=3, num_attention_heads=4)


@dataclass(frozen=True)
class Shape:
    name: str
    purpose: str
    seed: int
    image: tuple[int, int]
    image_size: int
    patch_size: int
    vision: dict = field(default_factory=lambda: VISION)
    text: dict = field(default_factory=lambda: TEXT)
    names: Names = "transformers"
    dtype: str = "float32"
    shard_size: str = "5GB"
    pad: bool = False
    projector_bias: bool = True
    # Indices into the vision tower's hidden states; a list is concatenated.
    feature_layers: int | tuple[int, ...] = -2
    system: str = ""
    tower: Literal["clip", "siglip"] = "clip"
    decoder: Literal["llama", "qwen2"] = "llama"
    # `default` drops the class token, `full` keeps every position. Only Hugging Face's naming has the choice.
    select: Literal["default", "full"] = "default"
    # ChatML around the question, and a tokenizer that puts no BOS in front.
    chat: bool = False
    # The paper's variants: only checkpoints in LLaVA's own naming have them.
    normalize: bool = False
    multilayer: bool = False
    pool_side: int | None = None
    # Whether the diagnostics are recorded too.
    diagnosed: bool = False

    @property
    def side(self) -> int:
        """Side of the patch grid."""
        return self.image_size // self.patch_size

    @property
    def class_tokens(self) -> int:
        return 1 if self.tower == "clip" else 0

    @property
    def vision_tokens(self) -> int:
        """Positions of the vision tower that the projector is given."""
        return self.side**2 + (self.class_tokens if self.select == "full" else 0)

    @property
    def tokens_side(self) -> int:
        """Side of the grid of vision tokens the language model sees."""
        return self.pool_side or self.side

    @property
    def template(self) -> str:
        if self.chat:
            return "<|im_start|>user <image>\n{question}<|im_end|><|im_start|>assistant"
        return f"{self.system}USER: <image>\n{{question}} ASSISTANT:"


SYSTEM = "A chat between a user and an assistant. "

SHAPES = [
    Shape(
        name="mha-untied",
        purpose="all heads, untied head, 4x4 grid, one F32 file named as transformers saves it, centre crop of a square image",
        seed=7,
        image=(40, 40),
        image_size=28,
        patch_size=7,
    ),
    Shape(
        name="gqa-tied",
        purpose="4 query and 2 key/value heads of width 16 over hidden size 48, tied head, odd 5x5 grid, F32 shards with an "
        "index and the `model.` prefix, projector without biases, centre crop of a wide image, a system prompt",
        seed=27,
        image=(64, 41),
        image_size=35,
        patch_size=7,
        text=TEXT | dict(num_hidden_layers=2, num_key_value_heads=2, head_dim=16, tie_word_embeddings=True, rms_norm_eps=1e-5),
        names="model-prefix",
        shard_size="150KB",
        projector_bias=False,
        system=SYSTEM,
        diagnosed=True,
    ),
    Shape(
        name="bf16-multilayer",
        purpose="BF16 named as llava-hf/llava-1.5-7b-hf, padded tall image, 3x3 grid, rope_theta 1e6, biases in attention and MLP, "
        "several eos ids, three feature layers out of order, concatenated by transformers itself",
        seed=21,
        image=(37, 58),
        image_size=42,
        patch_size=14,
        vision=VISION | dict(num_hidden_layers=4),
        text=TEXT
        | dict(
            rope_parameters=dict(rope_type="default", rope_theta=1e6),
            rms_norm_eps=1e-6,
            attention_bias=True,
            mlp_bias=True,
            eos_token_id=[2, 3],
        ),
        names="llava-hf",
        dtype="bfloat16",
        pad=True,
        feature_layers=(-1, 1, -2),
    ),
    Shape(
        name="llava-baseline",
        purpose="LLaVA's own naming in F16, its vision tower a CLIP model in a folder of its own, padded wide image",
        seed=2,
        image=(60, 45),
        image_size=28,
        patch_size=7,
        vision=DEEP_VISION,
        text=LLAVA_TEXT,
        names="llava",
        dtype="float16",
        pad=True,
    ),
    Shape(
        name="llava-normalize-multilayer",
        purpose="the paper's + Normalize + Multilayer in LLaVA's own naming, padded small image (upscaled)",
        seed=24,
        image=(19, 26),
        image_size=35,
        patch_size=7,
        vision=DEEP_VISION,
        text=LLAVA_TEXT,
        names="llava",
        dtype="float16",
        pad=True,
        normalize=True,
        multilayer=True,
    ),
    Shape(
        name="llava-normalize-multilayer-pool",
        purpose="the paper's + Normalize + Multilayer, then 5x5 tokens pooled to 3x3 with overlapping windows, in LLaVA's own naming",
        seed=11,
        image=(60, 45),
        image_size=35,
        patch_size=7,
        vision=DEEP_VISION,
        text=LLAVA_TEXT,
        names="llava",
        dtype="float16",
        pad=True,
        normalize=True,
        multilayer=True,
        pool_side=3,
        system=SYSTEM,
    ),
    Shape(
        name="siglip-qwen2",
        purpose="the small suite's: a SigLIP tower whose 37 pixels are 5 patches of 7 and 2 more, the last layer's output, "
        "strategy full; a Qwen2 decoder with biases on q, k and v, tied head, rope_theta 1e6, eps 1e-6; ChatML without BOS; "
        "BF16 named as llava-hf/llava-interleave-qwen-0.5b-hf",
        seed=17,
        image=(64, 41),
        image_size=37,
        patch_size=7,
        vision=SIGLIP_VISION,
        text=TEXT
        | dict(
            rope_parameters=dict(rope_type="default", rope_theta=1e6),
            rms_norm_eps=1e-6,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=3,
        ),
        names="llava-hf",
        dtype="bfloat16",
        feature_layers=-1,
        tower="siglip",
        decoder="qwen2",
        select="full",
        chat=True,
    ),
    Shape(
        name="clip-qwen2-full",
        purpose="a CLIP tower with strategy full, which keeps the class token, before a Qwen2 decoder with 4 query and 2 "
        "key/value heads and an untied head; F32 named as transformers saves it",
        seed=8,
        image=(40, 40),
        image_size=28,
        patch_size=7,
        text=TEXT | dict(num_key_value_heads=2),
        decoder="qwen2",
        select="full",
    ),
]

MULTILAYER_LAYERS = (12, 16, 20, 24)

QUESTIONS = [
    "Describe the image.",
    "What color is the circle?",
    "Is the red square left of the blue star?",
    "How many objects are in the image?",
    "Which is further left, the green circle or the yellow diamond?",
    "Where is the cross?",
]
# The two whose tensors are recorded: a short prompt and a long one.
RECORDED = [0, 4]
