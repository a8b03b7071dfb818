#!/usr/bin/env bash
# Guess: rope_parameters is the current key of a config and rope_scaling the deprecated one, so where both stand the current one wins, or
#   the two are merged; at least rope_theta, which only the current one has, is kept.
# Seen: rope_scaling replaces rope_parameters whole. A base of 500000 in rope_parameters becomes 10000 as soon as any rope_scaling stands
#   beside it, without a warning. A null rope_scaling leaves it.
# Versions: transformers 5.24.0.
# Hurts: a config edited for a longer context, or merged from an old and a new text part, turns every query and key by other angles:
#   the model still talks, but reads image tokens at other distances than those it learnt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
python_with transformers==5.24.0
"$PY" - "$WORK" <<'PYTHON'
import json
import sys
import warnings
from pathlib import Path

from transformers import AutoConfig, logging

path = Path(sys.argv[1]) / "config.json"
current = {"rope_type": "default", "rope_theta": 500000.0}
linear = {"rope_type": "linear", "factor": 2.0}
said = []
logger = logging.get_logger("transformers")
logger.addFilter(lambda record: said.append(record.getMessage()) or True)
for handler in logger.handlers:
    handler.addFilter(lambda record: said.append(record.getMessage()) or True)


def read(**keys):
    path.write_text(json.dumps({"model_type": "llama", "hidden_size": 32, "num_attention_heads": 4, **keys}))
    return AutoConfig.from_pretrained(path.parent).rope_parameters


with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    said.clear()
    for name, rope, expected in (
        ("current", read(rope_parameters=current), current),
        ("both", read(rope_parameters=current, rope_scaling=linear), {**linear, "rope_theta": 10000.0}),
        (
            "both, and a base at the top",
            read(rope_parameters=current, rope_scaling=linear, rope_theta=123.0),
            {**linear, "rope_theta": 123.0},
        ),
        (
            "both of one kind",
            read(rope_parameters={**linear, "factor": 4.0, "rope_theta": 500000.0}, rope_scaling=linear),
            {**linear, "rope_theta": 10000.0},
        ),
        ("null beside", read(rope_parameters=current, rope_scaling=None), current),
    ):
        print(f"{name}: {rope}")
        assert rope == expected, name
heard = [line for line in (*said, *(str(w.message) for w in warned)) if "rope" in line]
print("warnings about rope:", heard or "none")
assert not heard
PYTHON
