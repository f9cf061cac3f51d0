#!/usr/bin/env bash
# scipy, and Evidently's formulas. Prints the path of their python.
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/python-environment.sh"

environment statistics "$here/requirements-statistics.txt" 'about 350 MB' \
  'import scipy.stats' \
  'import pandas'
