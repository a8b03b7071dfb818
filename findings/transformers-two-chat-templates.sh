#!/usr/bin/env bash
# Guess: a checkpoint folder has one chat template, whichever of its loaders is asked; the newer file (chat_template.jinja) overrides
#   the older one (chat_template.json) that it replaced.
# Seen: a folder with both renders one prompt through AutoProcessor (the old file) and another through AutoTokenizer (the new one), even
#   processor.tokenizer differs from its processor; nothing warns. Where only tokenizer_config.json has a template, AutoTokenizer uses
#   it and AutoProcessor has none.
# Versions: transformers 5.24.0.
# Hurts: a fixed template dropped into a vision-language checkpoint works in text tests and not with images; two evaluations of one
#   folder ask different prompts.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
python_with transformers==5.24.0 tokenizers==0.23.3 Pillow==13.0.0 Jinja2==3.1.6
"$PY" - "$WORK" <<'PYTHON'
import json
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer, models
from transformers import AutoProcessor, AutoTokenizer, PreTrainedTokenizerFast, logging

logging.set_verbosity_error()


def folder(jinja=None, old=None, key=None):
    """A LLaVA's folder without weights, with templates in the places that are given."""
    dir = Path(tempfile.mkdtemp(dir=sys.argv[1]))
    words = Tokenizer(models.WordLevel({"<unk>": 0, "<image>": 1}, unk_token="<unk>"))
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>").save_pretrained(dir)
    write = lambda name, value: (dir / name).write_text(json.dumps(value))
    write("config.json", {"model_type": "llava"})
    write("preprocessor_config.json", {"image_processor_type": "CLIPImageProcessor"})
    write("processor_config.json", {"processor_class": "LlavaProcessor", "patch_size": 14})
    if jinja:
        (dir / "chat_template.jinja").write_text(jinja)
    if old:
        write("chat_template.json", {"chat_template": old})
    if key:
        settings = json.loads((dir / "tokenizer_config.json").read_text())
        write("tokenizer_config.json", {**settings, "chat_template": key})
    return dir


def rendered(loaded):
    if loaded.chat_template is None:
        return None
    return loaded.apply_chat_template([{"role": "user", "content": [{"type": "text", "text": "?"}]}], tokenize=False)


new, old, key = "new {{ messages[0]['role'] }}", "old {{ messages[0]['role'] }}", "key {{ messages[0]['role'] }}"
for name, dir, expected in (
    ("jinja alone", folder(jinja=new), ("new user", "new user", "new user")),
    ("jinja and json", folder(jinja=new, old=old), ("old user", "new user", "new user")),
    ("key alone", folder(key=key), (None, "key user", "key user")),
    ("json alone", folder(old=old), ("old user", None, None)),
):
    processor = AutoProcessor.from_pretrained(dir)
    seen = (rendered(processor), rendered(processor.tokenizer), rendered(AutoTokenizer.from_pretrained(dir)))
    print(f"{name}: AutoProcessor {seen[0]!r}, its tokenizer {seen[1]!r}, AutoTokenizer {seen[2]!r}")
    assert seen == expected, name
PYTHON
