#!/usr/bin/env bash
# Guess: adding a token that a tokenizer already has changes nothing, and add_tokens answers 0.
# Seen: no id is added, but the answer is 1 and the token's flags become those of the second call: a plain add_tokens turns a special
#   token into a normalised, ordinary one. While the tokenizer lives, decode still leaves it out; saved and opened again, decode shows
#   it. With single_word it is no longer found inside text.
# Versions: tokenizers 0.23.3.
# Hurts: "add <image> if it is missing", run on a checkpoint that has it, makes image tokens show in decoded answers after the next save,
#   or stops prompts such as "USER:<image>" from having any.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
python_with tokenizers==0.23.3
"$PY" - <<'PYTHON'
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers


def fresh():
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1, "<unk>": 2}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    assert tokenizer.add_special_tokens(["<image>"]) == 1
    return tokenizer


def show(name, tokenizer):
    token = tokenizer.get_added_tokens_decoder()[3]
    flags = {flag: getattr(token, flag) for flag in ("special", "normalized", "single_word")}
    ids = tokenizer.encode("a<image>b").ids
    decoded = tokenizer.decode([0, 3, 1])
    print(f"{name}: {flags}, size {tokenizer.get_vocab_size()}, 'a<image>b' is {ids}, decoded {decoded!r}")
    return tuple(flags.values()), tokenizer.get_vocab_size(), ids, decoded


tokenizer = fresh()
assert show("special", tokenizer) == ((True, False, False), 4, [0, 3, 1], "a b")
answer = tokenizer.add_tokens(["<image>"])
print("add_tokens answers", answer)
assert answer == 1
assert show("added again", tokenizer) == ((False, True, False), 4, [0, 3, 1], "a b")
reopened = Tokenizer.from_str(tokenizer.to_str())
assert show("saved and opened", reopened) == ((False, True, False), 4, [0, 3, 1], "a <image> b")

tokenizer = fresh()
tokenizer.add_tokens([AddedToken("<image>", single_word=True)])
assert show("added again as a word", tokenizer) == ((False, True, True), 4, [2], "a b")
PYTHON
