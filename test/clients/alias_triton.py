"""Names versions by alias and digest with tritonclient over HTTP and gRPC: python alias_triton.py < job.json."""
import json
import sys

import numpy as np
import tritonclient.grpc as overgrpc
import tritonclient.http as overhttp

job = json.load(sys.stdin)
calls = 0
for library, address in ((overhttp, job["http"]), (overgrpc, job["grpc"])):
    client = library.InferenceServerClient(address)
    pixels = library.InferInput("input", [1, 784], "FP32")
    pixels.set_data_from_numpy(np.zeros((1, 784), np.float32))
    for reference, version in job["meant"]:
        for name, asked in (("mnist-mlp", reference), (f"mnist-mlp@{reference}", "")):
            answer = client.infer(name, [pixels], model_version=asked)
            response = answer.get_response()
            told = response["model_version"] if isinstance(response, dict) else response.model_version
            assert told == version, (name, asked, told)
            assert answer.as_numpy("logits").shape == (1, 10)
            assert client.is_model_ready(name, asked), (name, asked)
            metadata = client.get_model_metadata(name, asked)
            if library is overhttp:
                assert metadata["version"] == version and metadata["digest"].startswith("sha256:"), metadata
            else:
                assert metadata.name == "mnist-mlp", metadata
            client.get_model_config(name, asked)
            client.get_inference_statistics(name, asked)
            calls += 5
    assert not client.is_model_ready("mnist-mlp", "challenger")
    for wrong in ("challenger", "sha256:12"):
        try:
            client.infer("mnist-mlp", [pixels], model_version=wrong)
        except Exception as error:
            assert type(error).__name__ == "InferenceServerException", error
        else:
            raise AssertionError(wrong)
print(json.dumps({"calls": calls}))
