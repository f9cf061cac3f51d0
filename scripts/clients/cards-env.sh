#!/usr/bin/env bash
# Readers of model cards: huggingface_hub and cyclonedx. Prints the path of their python.
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/python-environment.sh"

environment cards "$here/requirements-cards.txt" 'about 100 MB' \
  'from huggingface_hub import ModelCard' \
  'from cyclonedx.validation.json import JsonStrictValidator'
