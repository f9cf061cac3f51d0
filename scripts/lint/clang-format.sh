#!/usr/bin/env bash
# Formats the C++ sources (--fix) or checks them, with one pinned clang-format from PyPI, kept in the cache.
set -euo pipefail
version=23.1.5
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${NODE_LIBTORCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/node-libtorch}/clang-format-$version
binary=$cache/clang_format/data/bin/clang-format
if [ ! -x "$binary" ]; then
  python=$(command -v python3 || command -v python) || { echo 'clang-format needs Python 3 with pip' >&2; exit 1; }
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$cache" "clang-format==$version" >&2
fi
cd "$root"
mode=(--dry-run --Werror)
[ "${1:-}" != --fix ] || mode=(-i)
find native -name '*.cc' -o -name '*.h' | sort | xargs "$binary" "${mode[@]}"
