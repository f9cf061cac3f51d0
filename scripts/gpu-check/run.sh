#!/usr/bin/env bash
# run.sh [--cpu] [--seconds N]: builds the addon against this machine's Python torch and compares the two on the GPU:
# parity, half precision, out of memory, throughput. Prints one JSON object; what it is doing goes to stderr.
#   --cpu        a dry run on the CPU
#   --seconds N  of each measurement (default 3)
#   PYTHON       the interpreter that has torch (default python3)
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
[ -d "$here/dist" ] || { echo "run this from an unpacked gpu-check.tar.gz: see scripts/gpu-check/README.md" >&2; exit 2; }
device=cuda
seconds=3
while [ $# -gt 0 ]; do
  case "$1" in
    --cpu) device=cpu ;;
    --seconds) seconds="$2"; shift ;;
    *) echo "unknown option $1" >&2; exit 2 ;;
  esac
  shift
done

python="${PYTHON:-python3}"
torch="$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))')"
version="$("$python" -c 'import torch; print(torch.__version__.split("+")[0])')"
echo "torch $version at $torch" >&2

"$here/tools/cmake/bin/cmake" -G Ninja -S "$here" -B "$here/build" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_MAKE_PROGRAM="$here/tools/ninja" -DCMAKE_LIBRARY_OUTPUT_DIRECTORY="$here/build/Release" \
  -DCMAKE_JS_INC="$here/node_modules/node-api-headers/include" \
  -DLIBTORCH_INCLUDE="$torch/include" -DLIBTORCH_LIB="$torch/lib" -DNODE_LIBTORCH_TORCH_VERSION="$version" >&2
"$here/tools/cmake/bin/cmake" --build "$here/build" >&2

work="$here/build/check"
mkdir -p "$work"
[ -f "$work/transformer-t32.pt" ] || "$python" "$here/scripts/bench/make_models.py" "$work" >&2
cp "$here/models/mnist-mlp/v1.0/model.pt" "$work/mnist-mlp.pt"
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1   # what the two do on the CPU is then the same
"$python" "$here/scripts/gpu-check/reference.py" "$work" "$device" "$seconds" >&2
LIBTORCH="$torch" exec "$here/tools/node" "$here/scripts/gpu-check/check.mjs" "$work" "$device" "$seconds"
