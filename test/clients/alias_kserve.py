"""Names versions by alias and digest with KServe's clients: python alias_kserve.py < job.json."""
import asyncio
import json
import sys

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

job = json.load(sys.stdin)
base = f"http://{job['http']}"


async def main():
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    one = InferenceRESTClient(RESTConfig(protocol="v1", retries=0))
    for reference, _version in job["meant"]:
        name = f"mnist-mlp@{reference}"
        given = InferInput("input", [1, 784], "FP32")
        given.set_data_from_numpy(np.zeros((1, 784), np.float32), binary_data=False)
        answer = await client.infer(base, InferRequest(name, [given]), model_name=name)
        # It drops the version of the answer.
        assert answer.model_name == "mnist-mlp", answer
        assert await client.is_model_ready(base, name) is True
        assert len((await one.infer(base, {"instances": [[0.0] * 784]}, model_name=name))["predictions"]) == 1
    assert await client.is_model_ready(base, "mnist-mlp@challenger") is False
    print(json.dumps({"calls": 3 * len(job["meant"])}))


asyncio.run(main())
