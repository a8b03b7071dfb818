"""A word-level tokenizer of 96 words for the fixtures: BOS in front, lower-cased, punctuation split."""

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

SPECIAL = ["<pad>", "<s>", "</s>", "<end>", "USER:", "ASSISTANT:", "<unk>", "<image>"]
WORDS = """? , . a an is the what color shape object objects on at left right top bottom above below of image how many are
there in yes no and or 1 2 3 4 5 6 circle square triangle star cross diamond red green blue yellow purple orange black white
describe list from to where middle which further it chat between user assistant answer with word one gives helpful answers
questions picture shows big small near far next both none all some corner edge side background scene this that has have
not only""".split()
# What takes the place of a special token where prompts are ChatML.
CHAT_NAMES = {"USER:": "<|im_start|>", "<end>": "<|im_end|>"}


def build_tokenizer(image_token: bool, chat: bool = False) -> PreTrainedTokenizerFast:
    """The fixtures' tokenizer; checkpoints in LLaVA's own naming have no `<image>` token (`image_token=False`). With `chat`
    the turns' marks are ChatML's, an answer ends with `<|im_end|>`, and there is no BOS."""
    special = SPECIAL if image_token else [token for token in SPECIAL if token != "<image>"]
    if chat:
        special = [CHAT_NAMES.get(token, token) for token in special]
    vocabulary = {word: index for index, word in enumerate(special + WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if not chat:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", vocabulary["<s>"])]
        )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=None if chat else "<s>",
        eos_token="<|im_end|>" if chat else "</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    )


def vocabulary_size(image_token: bool) -> int:
    return len(SPECIAL) + len(WORDS) - (0 if image_token else 1)
