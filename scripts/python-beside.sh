#!/usr/bin/env bash
# python-beside.sh NAME SCRIPT [ARGUMENTS...]: as python-run.sh, with the packages of requirements-NAME.txt (images, onnx)
# beside torch. They lie in an environment of their own, which sees the first one's packages, so that none changes another.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
name="$1"
shift
requirements="$here/requirements-$name.txt"
cache="${NODE_LIBTORCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/node-libtorch}"
venv="$cache/python-$name"
stamp="$venv/requirements-$name.txt"   # written last: its presence means that the install finished

base="$(bash "$here/python-env.sh")"
if ! cmp -s "$requirements" "$stamp"; then
  {
    echo "making the Python environment '$name'"
    "$base" -m venv "$venv"
    packages="$("$base" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')"
    echo "$packages" > "$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/torch.pth"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$requirements"
  } >&2
  cp "$requirements" "$stamp"
fi

# As in python-run.sh: numbers that do not depend on the machine.
export NODE_LIBTORCH_CACHE="$cache" OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 MKL_CBWR=COMPATIBLE ATEN_CPU_CAPABILITY=default
export CUDA_VISIBLE_DEVICES='' PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
exec "$venv/bin/python" "$@"
