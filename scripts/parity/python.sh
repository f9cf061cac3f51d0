#!/usr/bin/env bash
# python.sh SCRIPT [ARGUMENTS...]: as scripts/python-beside.sh onnx, with the packages of requirements.txt beside, in a folder of
# their own, so that neither environment changes the others.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${NODE_LIBTORCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/node-libtorch}"
packages="$cache/python-parity"

if ! cmp -s "$here/requirements.txt" "$packages/requirements.txt"; then
  rm -rf "$packages"
  bash "$here/../python-beside.sh" onnx -m pip install --quiet --disable-pip-version-check --no-deps --target "$packages" -r "$here/requirements.txt" >&2
  cp "$here/requirements.txt" "$packages/requirements.txt"
fi
PYTHONPATH="$packages" exec bash "$here/../python-beside.sh" onnx -W ignore "$@"
