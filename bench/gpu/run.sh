#!/usr/bin/env bash
# What a machine with an NVIDIA GPU shows, by one command: `bench/gpu/run.sh OUT`. It needs Node 20 or later, a compiler, Python 3
# with pip, the NVIDIA driver, 25 GB of disk, the npm registry and PyPI. It installs into this clone and into OUT, and writes there:
#
#     doctor.txt      the engines, and what each says
#     parity.txt      the tests that compare with transformers, on the GPU
#     ours-*.json     the 7B's shape: prefill, 32 questions of an image, one decode step; memory
#     theirs-*.json   the same questions in transformers, float16, on the same card
#     stretch.txt     questions as GQA puts them, through the function that `permute --bench gqa` uses
#
# SHAPE (default llava-1.5-7b) names another of scripts/model-shapes.js; BACKEND (default native) another engine.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?name the folder that figures go to}
mkdir -p "$out"
out=$(cd "$out" && pwd)
shape=${SHAPE:-llava-1.5-7b}
backend=${BACKEND:-native}
export VLM_SPATIAL_NATIVE=${VLM_SPATIAL_NATIVE:-$out/native}

npm ci
npm run build
[ "$backend" != native ] || [ -e "$VLM_SPATIAL_NATIVE/manifest.json" ] || node bin/vlm-spatial.js native --cuda
node bin/vlm-spatial.js doctor | tee "$out/doctor.txt"
nvidia-smi >"$out/card.txt" || echo 'no NVIDIA driver answers: what follows runs on the processor' | tee "$out/card.txt"

python3 -m venv "$out/python"
"$out/python/bin/pip" install --quiet torch==2.13.0 transformers==5.24.0 safetensors numpy pillow
device=$("$out/python/bin/python" -c 'import torch; print("cuda" if torch.cuda.is_available() else "cpu")')

VLM_SPATIAL_REQUIRE_NATIVE=1 VLM_SPATIAL_TEST_BACKEND=$backend \
  npx vitest run tests/engine tests/models tests/observers 2>&1 | tee "$out/parity.txt"

[ -e "$out/$shape/model.safetensors" ] || node scripts/make-random-checkpoint.js "$out/$shape" --shape "$shape"
for questions in 1 8 32; do
  size="\"questions\":$questions,\"visionTokens\":576,\"newTokens\":4,\"clock\":\"wall\""
  for turn in 1 2; do
    node bench/stretch.js "{\"folder\":\"$out/$shape\",\"backend\":\"$backend\",$size}" >"$out/ours-$questions-$turn.json"
    "$out/python/bin/python" bench/peers/transformers_model.py \
      "{\"what\":\"batch\",\"dtype\":\"float16\",\"device\":\"$device\",\"folder\":\"$out/$shape\",$size}" \
      >"$out/theirs-$questions-$turn.json"
  done
done
node scripts/measure-gqa-stretch.js "$out/$shape" --images 4 --backend "$backend" | tee "$out/stretch.txt"
tail -n 3 "$out"/ours-*.json "$out"/theirs-*.json
