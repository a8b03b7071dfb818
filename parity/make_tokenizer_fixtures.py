"""Writes parity/fixtures/tokenizers/: small tokenizers of the kinds LLaVAs have, trained here, and what Python's `tokenizers`
makes of odd texts with them.

llama-legacy   LLaMA's BPE as in the first conversions: spaces become ▁ and one is put before every stretch; byte fallback
llama          the same vocabulary as later conversions have it: Metaspace puts ▁ before the first stretch only
qwen           byte-level BPE behind Qwen's splitting pattern; ChatML's tokens; no BOS
words          word level, lower-cased, with special tokens that are words, as this project's miniature has it
"""

import json
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = Path(__file__).parent / "fixtures" / "tokenizers"

CORPUS = """
A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers
to the user's questions. USER: ASSISTANT: What color is at the bottom of the image? Is the circle below the square?
Answer the question using a single word or phrase. Answer with the option's letter from the given choices directly.
Please answer either "yes" or "no". For example, "yes". Which object is to the left of the red triangle? How many dogs are there?
The quick brown fox jumps over the lazy dog. naïve café, Straße, mañana, façade, coöperate; 中文 日本語 русский язык ελληνικά.
Describe the image. There are two people sitting on a bench near the water, and a bird above them.
""".strip().split("\n")

TEXTS = [
    "",
    " ",
    "\n",
    "   ",
    "Hello",
    " Hello",
    "  two  spaces   three",
    "trailing ",
    "line\nbreak\n\nand\ttab\r\nend",
    "\nIs the circle below the square?\nAnswer the question using a single word or phrase. ASSISTANT:",
    "What color is at the bottom of the image?",
    "WHAT Color IS At tHe top?!?",
    "don't, isn't; it's the user's \"question\" (really) -- 100%",
    "1234567890 3.14159 1,000,000 ２０２４ x²",
    "naïve café Straße mañana façade ÅÄÖ åäö",
    "e\u0301 decomposed and \u00e9 composed",
    "中文字符 日本語テスト 한국어",
    "русский язык, ελληνικά, עברית, العربية",
    "emoji 😀 👍🏽 👩‍👩‍👧 🇩🇪 ❤️",
    "zero\u200bwidth, nbsp\u00a0here, em\u2003space, bom\ufeff",
    "math ∑∫√ ≠ ≤ → λx.x and \u2581 itself",
    "control \x07 and \x00 in between",
    "rare 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 \U0010ffff",
    "tokens <s> inside </s> text <unk> and <image> too",
    "<s>at the start",
    "<image>",
    "a<image>b",
    "USER: <image>\nWhat is this? ASSISTANT:",
    "<|im_start|>user <image>\nWhat?<|im_end|><|im_start|>assistant",
    "<not a token> <| <im age>",
    "https://example.org/a_b-c?d=e&f=%20#g",
    "def f(x):\n    return x**2  # square",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "_under_score_ CamelCaseWord kebab-case-word",
]

TEMPLATES = {  # of prompts with an image, for both ways of tokenizing around it
    "vicuna_v1": (
        "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and "
        "polite answers to the user's questions. USER: <image>\n{question} ASSISTANT:"
    ),
    "plain": "USER: <image>\n{question} ASSISTANT:",
    "chatml": "<|im_start|>user <image>\n{question}<|im_end|><|im_start|>assistant",
}
QUESTIONS = ["What color is at the top of the image?", " leading space", "Ünïcödé 😀\nAnswer with yes or no."]


def special(*contents):
    return [AddedToken(c, special=True, normalized=False) for c in contents]


def llama_vocabulary():
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trained.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=420, special_tokens=["<unk>"], show_progress=False))
    model = json.loads(trained.to_str())["model"]
    pieces = [p for p, _ in sorted(model["vocab"].items(), key=lambda item: item[1]) if p != "<unk>"]
    names = ["<unk>", "<s>", "</s>", *(f"<0x{b:02X}>" for b in range(256)), *pieces]
    names += ["▁▁", "▁▁▁▁"]  # LLaMA's vocabulary has runs of spaces, too
    merges = [tuple(m) for m in model["merges"]] + [("▁", "▁"), ("▁▁", "▁▁")]
    return {name: i for i, name in enumerate(names)}, merges


def llama(legacy):
    vocabulary, merges = llama_vocabulary()
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    if legacy:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens(special("<unk>", "<s>", "</s>", "<image>", "<pad>"))
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def qwen():
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=500, initial_alphabet=alphabet, show_progress=False))
    tokenizer.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>"))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer, {"bos_token": None, "eos_token": "<|im_end|>"}


def words():
    names = "<pad> <s> </s> USER: ASSISTANT: ? , . a is the what color shape at top bottom of image circle square below <image> <unk>"
    vocabulary = {name: i for i, name in enumerate(names.split())}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(special("<pad>", "<s>", "</s>", "USER:", "ASSISTANT:", "<image>", "<unk>"))
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer, {"bos_token": {"content": "<s>", "lstrip": False}, "eos_token": "</s>", "unk_token": "<unk>"}


def prompts(tokenizer, config):
    """Ids of prompts with an image, tokenized as a whole (transformers) and on each side of it (LLaVA)."""
    image = tokenizer.token_to_id("<image>")
    bos = config["bos_token"]
    bos = tokenizer.token_to_id(bos["content"] if isinstance(bos, dict) else bos) if bos else None
    for name, template in TEMPLATES.items():
        for question in QUESTIONS:
            prompt = template.replace("{question}", question)
            before, after = (tokenizer.encode(side).ids for side in prompt.split("<image>"))
            after = after[1:] if after[:1] == [bos] else after
            yield {
                "template": name,
                "question": question,
                "prompt": prompt,
                "separate": [*before, image, *after],
                "whole": tokenizer.encode(prompt).ids,
            }


for name, (tokenizer, config) in {
    "llama-legacy": llama(True),
    "llama": llama(False),
    "qwen": qwen(),
    "words": words(),
}.items():
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    stored = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(json.dumps(stored, ensure_ascii=False, separators=(",", ":")))
    (folder / "tokenizer_config.json").write_text(json.dumps({**config, "clean_up_tokenization_spaces": False}, indent=1))
    texts = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        texts.append(
            {
                "text": text,
                "ids": ids,
                "bare": tokenizer.encode(text, add_special_tokens=False).ids,
                "decoded": tokenizer.decode(ids, skip_special_tokens=True),
                "decodedWithSpecial": tokenizer.decode(ids, skip_special_tokens=False),
            }
        )
    lines = lambda items: ",\n".join(json.dumps(item) for item in items)
    made_with = json.dumps({"tokenizers": tokenizers.__version__})
    (folder / "expected.json").write_text(
        f'{{"madeWith": {made_with},\n"texts": [\n{lines(texts)}\n],\n"prompts": [\n{lines(prompts(tokenizer, config))}\n]}}\n'
    )
