# environment NAME REQUIREMENTS SIZE IMPORT…: makes, once, a Python environment of these packages and prints the path of its python.
# Everything but that path goes to stderr. It ends with an error when a package cannot be installed, or one of the IMPORTs (each in a
# process of its own) fails: tests of clients fail then, and are not skipped.
#   PYTHON   interpreter to build it with (3.10 or newer; tried with 3.11)
#   WHEELS   folders with wheels already at hand, separated by spaces
set -euo pipefail

environment() {
  local name=$1 requirements=$2 size=$3 cache venv stamp folder import
  shift 3
  cache="${NODE_LIBTORCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/node-libtorch}"
  venv="$cache/python-$name"
  stamp="$venv/$(basename "$requirements")"   # written last: its presence means that the install finished

  mkdir -p "$cache"
  exec 9> "$cache/python-$name.lock"
  if command -v flock > /dev/null; then flock 9; fi   # test files that start together make it once

  if ! cmp -s "$requirements" "$stamp"; then
    local find_links=()
    for folder in ${WHEELS:-}; do find_links+=(--find-links "$folder"); done
    {
      echo "making the Python environment $name ($size, a minute or two the first time)"
      rm -f "$stamp"
      "${PYTHON:-python3}" -m venv --clear "$venv"
      "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
        "${find_links[@]+"${find_links[@]}"}" -r "$requirements"
      for import in "$@"; do "$venv/bin/python" -c "$import"; done
    } >&2
    cp "$requirements" "$stamp"
  fi
  echo "$venv/bin/python"
}
