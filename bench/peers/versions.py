"""Versions of the peers' libraries, as one line of JSON."""

import json
from importlib.metadata import version

print(json.dumps({"versions": ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers"))}))
