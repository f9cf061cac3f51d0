#!/usr/bin/env bash
# Makes every Python environment of this folder that is not there yet. It ends with an error when one cannot be made.
set -euo pipefail

for script in "$(dirname "${BASH_SOURCE[0]}")"/*env.sh; do bash "$script"; done
