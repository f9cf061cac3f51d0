#!/usr/bin/env bash
# python-run.sh SCRIPT [ARGUMENTS...]: runs one of our Python scripts so that its numbers do not depend on the machine.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export NODE_LIBTORCH_CACHE="${NODE_LIBTORCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/node-libtorch}"
python="$(bash "$here/python-env.sh")"

# One thread and one code path for every x86-64 CPU: a sum's last bits depend on the order of its additions,
# which otherwise follows the number of cores and the widest vectors the CPU has.
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 MKL_CBWR=COMPATIBLE ATEN_CPU_CAPABILITY=default
export CUDA_VISIBLE_DEVICES='' PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
exec "$python" -W ignore::FutureWarning "$@"   # torch.jit is deprecated, and it is what we export with
