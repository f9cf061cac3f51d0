#!/usr/bin/env bash
# OpenSSF's model-signing. Prints the path of its python.
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/python-environment.sh"

environment signing "$here/requirements-signing.txt" 'about 60 MB' 'import model_signing'
