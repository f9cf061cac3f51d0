#!/usr/bin/env bash
# As env.sh, with Schemathesis, which makes requests from /openapi.json and holds the answers to it. Prints the path of its python.
#   PYTHON   interpreter to build it with (tried with 3.11)
#   WHEELS   folders with wheels already at hand, separated by spaces
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
requirements="$here/requirements-schemathesis.txt"
cache="${NODE_LIBTORCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/node-libtorch}"
venv="$cache/python-schemathesis"
stamp="$venv/requirements-schemathesis.txt"   # written last: its presence means that the install finished

mkdir -p "$cache"
exec 9> "$cache/python-schemathesis.lock"
if command -v flock > /dev/null; then flock 9; fi   # test files that start together make it once

if ! cmp -s "$requirements" "$stamp"; then
  find_links=()
  for folder in ${WHEELS:-}; do find_links+=(--find-links "$folder"); done
  {
    echo "making the Python environment of Schemathesis (about 70 MB, half a minute the first time)"
    rm -f "$stamp"
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
      "${find_links[@]+"${find_links[@]}"}" -r "$requirements"
    "$venv/bin/python" -c 'import schemathesis'
  } >&2
  cp "$requirements" "$stamp"
fi
echo "$venv/bin/python"
