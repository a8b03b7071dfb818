"""Writes parity/fixtures/tokenizers/variants.json: the small tokenizers with changed files beside them, and what transformers'
AutoTokenizer of the same folder makes of texts and ids. A case is its base, keys that replace those of tokenizer.json,
tokenizer_config.json and so on (null removes one), and the results.
"""

import json
import shutil
import tempfile
from pathlib import Path

import tokenizers
import transformers
from transformers import AutoTokenizer

transformers.logging.set_verbosity_error()
FOLDER = Path(__file__).parent / "fixtures" / "tokenizers"

TEXTS = [
    "USER: <image>\nWhat is it? ASSISTANT:",
    "<image>\nWhat is it?",
    "What?<image>",
    "<|im_start|>user\nWhat is <ent>?<|im_end|>\n",
    "a<|im_start|>b  <ent>  c<ent>d",
    " <ent> <ent><ent>",
    "\n<ent>\n<|im_start|> x",
    "dog cat dogs hotdog Dog dog, dog",
    "éדog dog_ dog1 dog. 犬dog dog犬",
    "<s>twice <s></s> ",
    "[INST] <image> [/INST]",
    "▁<ent>▁ a",
    "",
    " ",
    "naïve 😀 <ent>😀",
]
IDS = [
    [70, 3 + 0xE6, 3 + 0x97],
    [3 + 0x0A, 3 + 0xF0, 3 + 0x9F],
    [3 + 0xF0, 3 + 0x9F, 3 + 0x98, 3 + 0x80, 270, 3 + 0xE6],
    [3 + 0xEF, 3 + 0xBB, 3 + 0xBF, 300],
    [3 + 0xC3, 300, 3 + 0xA9],
    [1, 300, 2, 301, 0],
    [1, 1, 2],
    [9999, 300],
]


def added(content, **flags):
    return dict(content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True) | flags


LLAMA = {"tokenizer_class": "LlamaTokenizer"}
TOKENS = {"420": added("<|im_start|>"), "421": added("<|im_end|>"), "422": added("<ent>")}
CASES = []


def case(base, name, **files):
    CASES.append(dict(base=base, name=name, files=files))


for base in ("llama", "llama-legacy", "qwen"):
    case(base, "as it is")
    case(base, "added_tokens_decoder", tokenizer_config={"added_tokens_decoder": TOKENS})
    case(base, "added_tokens_decoder, not all special", tokenizer_config={"added_tokens_decoder": {**TOKENS, "422": added("<ent>", special=False, normalized=True)}})
    case(base, "additional_special_tokens", tokenizer_config={"additional_special_tokens": ["<ent>", "<|im_start|>"]})
    case(base, "extra_special_tokens, a list", tokenizer_config={"extra_special_tokens": ["<ent>", "<|im_end|>"]})
    case(base, "extra_special_tokens, named", tokenizer_config={"extra_special_tokens": {"ent_token": "<ent>", "start_token": "<|im_start|>"}})
    case(base, "a token key of its own", tokenizer_config={"ent_token": "<ent>"})
    case(base, "both lists", tokenizer_config={"additional_special_tokens": ["<ent>"], "extra_special_tokens": ["<|im_end|>"]})
    case(base, "special_tokens_map.json", special_tokens_map={"additional_special_tokens": ["<ent>"], "sep_token": "<|im_end|>"})
    case(base, "added_tokens.json", added_tokens={"<ent>": 500, "<|im_start|>": 501})
    case(base, "added_tokens.json, special by the map", added_tokens={"<ent>": 500}, special_tokens_map={"mask_token": "<ent>"})
    case(base, "pad token in the config alone", tokenizer_config={"pad_token": "[PAD]", "sep_token": {"__type": "AddedToken", **added("<ent>", lstrip=True)}})
    for flags in (dict(single_word=True), dict(lstrip=True), dict(rstrip=True), dict(lstrip=True, rstrip=True), dict(normalized=True), dict(normalized=True, special=False), dict(normalized=True, special=False, single_word=True), dict(normalized=True, rstrip=True)):
        tokens = {"430": added("dog", **{"special": False, **flags}), "431": added("<ent>", **flags)}
        case(base, f"tokens with {' '.join(flags)}", tokenizer_config={"added_tokens_decoder": tokens})
        case(base, f"tokens of tokenizer.json with {' '.join(flags)}", added=[added("dog", **flags), added("<ent>", **flags)])
    case(base, "flags differ between the files", added=[added("<ent>")], tokenizer_config={"added_tokens_decoder": {"422": added("<ent>", lstrip=True, special=False)}})
    case(base, "one token begins another", added=[added("<ent>"), added("<ent> <ent>"), added("dog", normalized=True)])
    for bos in (True, False):
        case(base, f"add_bos_token {bos}", tokenizer_config={"add_bos_token": bos, "add_eos_token": True})
    case(base, "no post-processor", tokenizer={"post_processor": None}, tokenizer_config={"add_bos_token": True})
    case(base, "no tokenizer_config.json", tokenizer_config=None)
for base in ("llama", "llama-legacy"):
    for model_type in (None, "llava", "llava_llama"):
        for legacy in (True, False, None):
            for prefix in (True, False, None):
                config = {**LLAMA, **({} if legacy is None else {"legacy": legacy}), **({} if prefix is None else {"add_prefix_space": prefix})}
                model = {} if model_type is None else {"config": {"model_type": model_type}}
                case(base, f"{model_type}, LlamaTokenizer, legacy {legacy}, add_prefix_space {prefix}", tokenizer_config=config, **model)
    case(base, "LlamaTokenizerFast with tokens of its own", tokenizer_config={**LLAMA, "tokenizer_class": "LlamaTokenizerFast", "added_tokens_decoder": {"0": added("<unk>"), "1": added("<s>"), "2": added("</s>"), "422": added("<ent>")}})
    case(base, "LlamaTokenizer, add_bos_token false", tokenizer_config={**LLAMA, "add_bos_token": False})
case("qwen", "LlamaTokenizer, but bytes", tokenizer_config=LLAMA)


def write(folder, base, files):
    shutil.copytree(FOLDER / base, folder, dirs_exist_ok=True)
    stored = json.loads((folder / "tokenizer.json").read_text())
    stored.update(files.get("tokenizer", {}))
    size = max(max(stored["model"]["vocab"].values()), *(t["id"] for t in stored["added_tokens"])) + 1
    stored["added_tokens"] += [{"id": size + i, **token} for i, token in enumerate(files.get("added", []))]
    (folder / "tokenizer.json").write_text(json.dumps(stored))
    config = folder / "tokenizer_config.json"
    if "tokenizer_config" in files:
        if files["tokenizer_config"] is None:
            config.unlink()
        else:
            config.write_text(json.dumps(json.loads(config.read_text()) | files["tokenizer_config"]))
    for name in ("config", "special_tokens_map", "added_tokens"):
        if name in files:
            (folder / f"{name}.json").write_text(json.dumps(files[name]))


for c in CASES:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, c["base"], c["files"])
        tokenizer = AutoTokenizer.from_pretrained(folder)
        c["ids"] = [tokenizer.encode(text) for text in TEXTS]
        lists = IDS + [c["ids"][3], c["ids"][9]]
        c["decoded"] = [[ids, tokenizer.decode(ids, skip_special_tokens=True), tokenizer.decode(ids)] for ids in lists]

lines = ",\n".join(json.dumps(c) for c in CASES)
made_with = json.dumps({"transformers": transformers.__version__, "tokenizers": tokenizers.__version__})
(FOLDER / "variants.json").write_text(f'{{"madeWith": {made_with},\n"texts": {json.dumps(TEXTS)},\n"cases": [\n{lines}\n]}}\n')
print(len(CASES))
