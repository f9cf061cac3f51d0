#!/usr/bin/env bash
# The clients of other people (tritonclient, kserve): python="$(bash scripts/clients/env.sh)"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/python-environment.sh"

# Two processes: the messages of both are registered under the same names.
environment clients "$here/requirements.txt" 'about 450 MB' \
  'import tritonclient.grpc.aio, tritonclient.http.aio' \
  'from kserve import InferenceGRPCClient, InferenceRESTClient, ModelServer'
