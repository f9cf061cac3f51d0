#!/usr/bin/env bash
# Schemas of Kubernetes and the Prometheus operator. Prints the path of its python.
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/python-environment.sh"

environment deploy "$here/requirements-deploy.txt" 'about 300 MB' \
  'import kubernetes_validate, jsonschema' \
  'from cloudcoil.models.prometheus_operator.v1 import ServiceMonitor'
