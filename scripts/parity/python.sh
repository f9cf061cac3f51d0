#!/usr/bin/env bash
# python.sh SCRIPT [ARGUMENTS...]: as scripts/python-beside.sh onnx, with the packages of requirements.txt and
# requirements-architectures.txt beside, in a folder of their own, so that neither environment changes the others.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${NODE_LIBTORCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/node-libtorch}"
packages="$cache/python-parity"
wanted="$here/requirements.txt $here/requirements-architectures.txt"

# shellcheck disable=SC2086  # two files
if ! cat $wanted | cmp -s - "$packages/requirements.txt"; then
  rm -rf "$packages"
  bash "$here/../python-beside.sh" onnx -m pip install --quiet --disable-pip-version-check --no-deps --target "$packages" \
    -r "$here/requirements.txt" -r "$here/requirements-architectures.txt" >&2
  cat $wanted > "$packages/requirements.txt"
fi
PYTHONPATH="$packages" exec bash "$here/../python-beside.sh" onnx -W ignore "$@"
