#!/usr/bin/env bash
# Makes, once, the Python environment that trains models and records fixtures; prints the path of its python.
# Everything but that path goes to stderr, so a caller writes: python="$(bash scripts/python-env.sh)"
#   PYTHON   interpreter to build it with (3.11 made the committed records)
#   WHEELS   folders with wheels already at hand, separated by spaces
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
requirements="$here/requirements-train.txt"
venv="${NODE_LIBTORCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/node-libtorch}/python"
stamp="$venv/requirements-train.txt"   # written last: its presence means that the install finished

if ! cmp -s "$requirements" "$stamp"; then
  find_links=()
  for folder in ${WHEELS:-}; do find_links+=(--find-links "$folder"); done
  {
    echo "making the Python environment (about 4 GB, a few minutes the first time)"
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --no-deps "${find_links[@]+"${find_links[@]}"}" -r "$requirements"
    "$venv/bin/python" -c 'import torch; print("torch", torch.__version__, "imports")'
  } >&2
  cp "$requirements" "$stamp"
fi
echo "$venv/bin/python"
