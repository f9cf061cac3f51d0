#!/usr/bin/env bash
# MLServer, whose versions of packages exclude those of KServe. Prints the path of its python.
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/python-environment.sh"

environment mlserver "$here/requirements-mlserver.txt" 'about 300 MB' 'import mlserver, mlserver.codecs'
