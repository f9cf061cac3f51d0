#!/usr/bin/env bash
# Makes, once, the Python environment with the clients of other people (tritonclient, kserve); prints the path of its python.
# Everything but that path goes to stderr, so a caller writes: python="$(bash scripts/clients/env.sh)"
# It ends with an error when a package cannot be installed or imported: tests of clients fail then, and are not skipped.
#   PYTHON   interpreter to build it with (3.10 or newer; tried with 3.11)
#   WHEELS   folders with wheels already at hand, separated by spaces
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
requirements="$here/requirements.txt"
cache="${NODE_LIBTORCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/node-libtorch}"
venv="$cache/python-clients"
stamp="$venv/requirements.txt"   # written last: its presence means that the install finished

mkdir -p "$cache"
exec 9> "$cache/python-clients.lock"
if command -v flock > /dev/null; then flock 9; fi   # test files that start together make it once

if ! cmp -s "$requirements" "$stamp"; then
  find_links=()
  for folder in ${WHEELS:-}; do find_links+=(--find-links "$folder"); done
  {
    echo "making the Python environment of the clients (about 450 MB, a minute the first time)"
    rm -f "$stamp"
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
      "${find_links[@]+"${find_links[@]}"}" -r "$requirements"
    # Two processes: the messages of both are registered under the same names.
    "$venv/bin/python" -c 'import tritonclient.grpc.aio, tritonclient.http.aio'
    "$venv/bin/python" -c 'from kserve import InferenceGRPCClient, InferenceRESTClient, ModelServer'
  } >&2
  cp "$requirements" "$stamp"
fi
echo "$venv/bin/python"
