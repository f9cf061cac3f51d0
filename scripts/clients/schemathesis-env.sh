#!/usr/bin/env bash
# Schemathesis, which makes requests from /openapi.json and holds the answers to it. Prints the path of its python.
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/python-environment.sh"

environment schemathesis "$here/requirements-schemathesis.txt" 'about 70 MB' 'import schemathesis'
