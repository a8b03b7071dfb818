#!/usr/bin/env bash
# Guess: AutoTokenizer gives the ids that a folder's tokenizer.json describes; the model_type in config.json has no say in them.
# Seen: where tokenizer_config.json names LlamaTokenizer, the model_type decides. Beside "llava", "llava_next" or "mistral" the file is
#   taken as it is; beside "llama" or "paligemma", or without config.json, the class rebuilds normalizer and pre-tokenizer of its own
#   and only keeps the vocabulary, so that one tokenizer.json gives other ids: a word at the start gets a space before it, and
#   `legacy: true` gives one after special tokens, too.
# Versions: transformers 5.24.0, tokenizers 0.23.3.
# Hurts: the text part cut out of a vision-language checkpoint, or a tokenizer loaded from a folder of its own, counts and places prompt
#   tokens otherwise than the whole model does, with the same files; the tokens after an image are among those that change.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
python_with transformers==5.24.0 tokenizers==0.23.3
"$PY" - "$WORK" <<'PYTHON'
import json
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoTokenizer, logging

logging.set_verbosity_error()
SPECIAL = ["<unk>", "<s>", "</s>"]
pieces = [*SPECIAL, "▁", "a", "b", "▁a", "▁b"]
stored = Tokenizer(
    models.BPE({p: i for i, p in enumerate(pieces)}, [("▁", "a"), ("▁", "b")], unk_token="<unk>", fuse_unk=True)
)
stored.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=False)
stored.decoder = decoders.Metaspace(prepend_scheme="never")
stored.add_special_tokens(SPECIAL)
TEXT = "a b</s>a b"


def loaded(model_type, **settings):
    dir = Path(tempfile.mkdtemp(dir=sys.argv[1]))
    stored.save(str(dir / "tokenizer.json"))
    roles = {"tokenizer_class": "LlamaTokenizer", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    (dir / "tokenizer_config.json").write_text(json.dumps({**roles, **settings}))
    if model_type:
        (dir / "config.json").write_text(json.dumps({"model_type": model_type}))
    return AutoTokenizer.from_pretrained(dir)


as_stored = ["a", "▁b", "</s>", "a", "▁b"]
rebuilt = ["▁a", "▁b", "</s>", "a", "▁b"]
legacy = ["▁a", "▁b", "</s>", "▁a", "▁b"]
print("tokenizer.json itself:", stored.encode(TEXT).tokens)
assert stored.encode(TEXT).tokens == as_stored
for model_type, settings, expected in (
    ("llava", {}, as_stored),
    ("llava_next", {}, as_stored),
    ("mistral", {}, as_stored),
    ("llama", {}, rebuilt),
    ("paligemma", {}, rebuilt),
    (None, {}, rebuilt),
    ("llava", {"legacy": True}, as_stored),
    ("llama", {"legacy": True}, legacy),
):
    tokenizer = loaded(model_type, **settings)
    tokens = tokenizer.convert_ids_to_tokens(tokenizer(TEXT, add_special_tokens=False)["input_ids"])
    print(f"model_type {model_type}, {settings}: {type(tokenizer).__name__} {tokens}")
    assert tokens == expected, model_type
PYTHON
