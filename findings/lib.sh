# shellcheck shell=bash
# Sourced by the findings: WORK, a temporary folder that goes with the script; `python_with PACKAGE==VERSION …`, which sets PY to a
# Python that has exactly these (in a new virtual environment in WORK, or the one that FINDINGS_VENV names, whose versions are
# checked); `node_with PACKAGE@VERSION …`, which installs npm packages in WORK.
set -euo pipefail

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# Libraries neither ask a network nor draw bars.
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_PROGRESS_BARS=1 TRANSFORMERS_OFFLINE=1 OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1

python_with() {
  if [ -n "${FINDINGS_VENV:-}" ]; then
    PY="$FINDINGS_VENV/bin/python"
  else
    "${PYTHON:-python3}" -m venv "$WORK/venv"
    PY="$WORK/venv/bin/python"
    "$PY" -m pip install --quiet --disable-pip-version-check "$@"
  fi
  export PY
  "$PY" - "$@" <<'PYTHON'
import sys
from importlib.metadata import version

for wanted in sys.argv[1:]:
    name, pinned = wanted.split("==")
    found = version(name).split("+")[0]
    print(f"{name} {found}")
    if found != pinned:
        sys.exit(f"{name} {pinned} is wanted: another version may behave otherwise")
PYTHON
}

node_with() {
  (cd "$WORK" && npm init --yes >/dev/null && npm install --silent --no-audit --no-fund --save-exact "$@")
  printf '%s\n' "$@"
}
