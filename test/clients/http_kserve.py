"""Drives a server with KServe's InferenceRESTClient: python http_kserve.py < job.json. It ends at the first difference."""
import asyncio
import base64
import json
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from kserve.utils.numpy_codec import to_np_dtype

job = json.load(sys.stdin)
base, cases = f"http://{job['url']}", job["cases"]
calls = 0


def array_of(tensor):
    if tensor["datatype"] == "BYTES":
        return np.array([text.encode() for text in tensor["texts"]], dtype=np.object_).reshape(tensor["shape"])
    return np.frombuffer(base64.b64decode(tensor["bytes"]), dtype=to_np_dtype(tensor["datatype"])).reshape(tensor["shape"])


def request_of(case, binary, asked):
    inputs = []
    for tensor in case["inputs"]:
        given = InferInput(tensor["name"], tensor["shape"], tensor["datatype"])
        # The client itself sends FP16 as bytes only.
        given.set_data_from_numpy(array_of(tensor), binary_data=binary or tensor["datatype"] == "FP16")
        inputs.append(given)
    outputs = [RequestedOutput(each["name"], {"binary_data": asked}) for each in case["outputs"]]
    return InferRequest(case["model"], inputs, request_id="kserve-1", request_outputs=outputs)


def check(response, case, where):
    assert response.model_name == case["model"] and response.id == "kserve-1", where
    for output in case["outputs"]:
        found = response.get_output_by_name(output["name"])
        assert found is not None, f"{where}: no {output['name']}"
        got, wanted = found.as_numpy(), array_of(output)
        if output["datatype"] == "BYTES":
            texts = [value.decode() if isinstance(value, bytes) else value for value in got.reshape(-1).tolist()]
            assert texts == output["texts"], f"{where} {output['name']}: {texts}"
        else:
            assert got.dtype == wanted.dtype and got.tobytes() == wanted.tobytes(), f"{where} {output['name']}: {got}, not {wanted}"


async def main():
    global calls
    case = cases[0]
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    assert await client.is_server_live(base) is True
    assert await client.is_server_ready(base) is True
    assert await client.is_model_ready(base, case["model"]) is True
    assert await client.is_model_ready(base, "nobody") is False
    for each in cases:
        # It has no BF16.
        if any(tensor["datatype"] == "BF16" for tensor in each["inputs"] + each["outputs"]):
            continue
        for binary in (True, False):
            for asked in (True, False):
                # Its reader of JSON knows neither NaN nor an infinity.
                if each.get("special") and not (binary and asked):
                    continue
                # Numbers of 16 bits in JSON are more than it reads.
                if not asked and any(output["datatype"] in ("FP16", "BF16") for output in each["outputs"]):
                    continue
                where = f"{each['model']}: {'binary' if binary else 'json'} in, {'binary' if asked else 'json'} out"
                headers = {}
                response = await client.infer(base, request_of(each, binary, asked), each["model"], response_headers=headers)
                check(response, each, where)
                calls += 1
    try:
        await client.infer(base, request_of(case, True, True), "nobody")
        raise AssertionError("answered, not refused")
    except httpx.HTTPStatusError as error:
        # It reads the body of an error only under its own content type.
        assert "nobody" in str(error) and error.response.status_code == 404, error
    await client.close()
    print(json.dumps({"calls": calls}))


asyncio.run(main())
