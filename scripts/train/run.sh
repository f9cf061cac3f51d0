#!/usr/bin/env bash
# Trains the digit model and writes its artifact, record, card and fixtures; --check compares with the committed ones.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
exec bash "$here/../python-run.sh" "$here/train.py" "$@"
