"""Drives a server with tritonclient.http, sync and asyncio: python http_triton.py < job.json. It ends at the first difference."""
import asyncio
import json
import sys

import numpy as np
import tritonclient.http as http
import tritonclient.http.aio as aio
from tritonclient.utils import InferenceServerException

from tensors import array_of, require_same

job = json.load(sys.stdin)
url, cases = job["url"], job["cases"]
calls = 0


def counted(value):
    global calls
    calls += 1
    return value


def refused(call, *texts):
    """An error of the protocol: the client reads a text, and shows it."""
    try:
        result = call()
    except InferenceServerException as error:
        shown = str(error)
        assert all(text in shown for text in texts), f"{shown!r} lacks one of {texts}"
        return counted(shown)
    raise AssertionError(f"answered {result}, not refused")


async def refused_later(call, *texts):
    try:
        result = await call
    except InferenceServerException as error:
        return refused(lambda: (_ for _ in ()).throw(error), *texts)
    raise AssertionError(f"answered {result}, not refused")


def inputs_of(case, binary):
    inputs = []
    for index, tensor in enumerate(case["inputs"]):
        given = http.InferInput(tensor["name"], tensor["shape"], tensor["datatype"])
        # The client itself sends BF16 as bytes only.
        as_bytes = binary(index) or tensor["datatype"] == "BF16"
        given.set_data_from_numpy(array_of(tensor), binary_data=as_bytes)
        inputs.append(given)
    return inputs


def outputs_of(case, binary):
    return [http.InferRequestedOutput(each["name"], binary_data=binary(i)) for i, each in enumerate(case["outputs"])]


ways = {
    "binary": lambda index: True,
    "json": lambda index: False,
    "mixed": lambda index: index % 2 == 0,
}


def check(result, case, where):
    response = result.get_response()
    assert response["model_name"] == case["model"] and response["model_version"] == case["version"], response
    for output in case["outputs"]:
        require_same(result.as_numpy(output["name"]), output, f"{where} {output['name']}")
    counted(None)


def everything(client, compressions=(None, "gzip", "deflate")):
    """Keyword arguments of infer for every case, with what to say of it."""
    for case in cases:
        for sent, sends in ways.items():
            for got, gets in ways.items():
                yield case, dict(
                    model_name=case["model"], inputs=inputs_of(case, sends), outputs=outputs_of(case, gets)
                ), f"{case['model']}: {sent} in, {got} out"
        yield case, dict(model_name=case["model"], inputs=inputs_of(case, ways["binary"])), f"{case['model']}: all outputs"
        for sent in compressions:
            for got in compressions:
                yield case, dict(
                    model_name=case["model"],
                    inputs=inputs_of(case, ways["mixed"]),
                    outputs=outputs_of(case, ways["binary"]),
                    request_compression_algorithm=sent,
                    response_compression_algorithm=got,
                ), f"{case['model']}: {sent} in, {got} out"


def sync():
    case = cases[0]
    model, version = case["model"], case["version"]
    client = http.InferenceServerClient(url, concurrency=4)
    assert counted(client.is_server_live()) and counted(client.is_server_ready())
    assert counted(client.is_model_ready(model)) and counted(client.is_model_ready(model, version))
    assert not counted(client.is_model_ready("nobody")) and not counted(client.is_model_ready(model, "9"))
    server = counted(client.get_server_metadata())
    assert server["name"] == "node-libtorch" and "binary_tensor_data" in server["extensions"], server
    for absent in ("system_shared_memory", "cuda_shared_memory", "trace", "logging", "sequence"):
        assert absent not in server["extensions"], server
    for each in cases:
        metadata = counted(client.get_model_metadata(each["model"]))
        assert metadata["name"] == each["model"] and each["version"] in metadata["versions"], metadata
        config = counted(client.get_model_config(each["model"], each["version"]))
        assert [i["name"] for i in config["input"]] == [i["name"] for i in metadata["inputs"]], config
    index = counted(client.get_model_repository_index())
    assert {entry["name"]: entry["state"] for entry in index}[model] == "READY", index

    for each, arguments, where in everything(client):
        check(client.infer(**arguments), each, f"sync {where}")
    # Several at once, over one client.
    waiting = [client.async_infer(model, inputs_of(case, ways["binary"])) for _ in range(16)]
    for request in waiting:
        check(request.get_result(), case, "async_infer")
    result = client.infer(
        model, inputs_of(case, ways["binary"]), model_version=version, request_id="one two", priority=1, timeout=10_000_000,
        headers={"X-Other": "1"}, query_params={"a": "b"}, parameters={"mine": "x", "number": 5, "flag": True},
    )
    assert counted(result.get_response()["id"]) == "one two"
    top = client.infer(model, inputs_of(case, ways["binary"]), outputs=[http.InferRequestedOutput(case["outputs"][0]["name"], class_count=2)])
    best = counted(top.as_numpy(case["outputs"][0]["name"]))
    scores = array_of(case["outputs"][0])
    assert best.shape == (scores.shape[0], 2), best
    for row, classes in zip(scores, best):
        assert [int(text.decode().split(":")[1]) for text in classes] == list(np.argsort(-row, kind="stable")[:2]), best
    # A body that the client wrote, over another connection.
    body, length = http.InferenceServerClient.generate_request_body(inputs_of(case, ways["binary"]))
    answer = client._post(f"v2/models/{model}/infer", body, {"Inference-Header-Content-Length": str(length)}, None)
    header = answer.get("Inference-Header-Content-Length")
    check(
        http.InferenceServerClient.parse_response_body(answer.read(), header_length=header and int(header)), case, "parsed"
    )

    statistics = counted(client.get_inference_statistics(model, version))["model_stats"]
    assert len(statistics) == 1 and statistics[0]["inference_count"] > 0, statistics
    assert statistics[0]["inference_stats"]["success"]["count"] > 0, statistics
    assert len(counted(client.get_inference_statistics())["model_stats"]) == len({each["model"] for each in cases})

    refused(lambda: client.get_model_metadata("nobody"), "nobody")
    refused(lambda: client.get_model_metadata("no body/../x%"), "")
    refused(lambda: client.infer("nobody", inputs_of(case, ways["binary"])), "nobody")
    refused(lambda: client.infer(model, []), "")
    wrong = http.InferInput("nothing", [1], "FP32").set_data_from_numpy(np.zeros(1, np.float32))
    refused(lambda: client.infer(model, [wrong]), "nothing")
    refused(lambda: client.infer(model, inputs_of(case, ways["binary"]), sequence_id=7, sequence_start=True), "sequence_id")
    shared = http.InferInput(case["inputs"][0]["name"], case["inputs"][0]["shape"], case["inputs"][0]["datatype"])
    shared.set_shared_memory("region", 4)
    refused(lambda: client.infer(model, [shared]), "shared_memory_region")
    refused(lambda: client.infer(model, inputs_of(case, ways["binary"]), timeout=1), "deadline")
    # What is not in the extensions, and what only the listener for management has.
    for call in (
        client.get_system_shared_memory_status, client.get_cuda_shared_memory_status, client.get_trace_settings,
        client.get_log_settings, client.unregister_system_shared_memory, client.unregister_cuda_shared_memory,
        lambda: client.update_trace_settings(settings={}), lambda: client.update_log_settings({}),
        lambda: client.register_system_shared_memory("a", "b", 1),
        lambda: client.load_model(model), lambda: client.unload_model(model),
    ):
        refused(call, "")
    assert counted(client.is_server_live())
    client.close()


async def later():
    case = cases[0]
    model = case["model"]
    async with aio.InferenceServerClient(url) as client:
        assert counted(await client.is_server_live()) and counted(await client.is_server_ready())
        assert counted(await client.is_model_ready(model)) and not counted(await client.is_model_ready("nobody"))
        assert counted(await client.get_server_metadata())["name"] == "node-libtorch"
        assert counted(await client.get_model_metadata(model))["name"] == model
        assert counted(await client.get_model_config(model))["name"] == model
        assert counted(await client.get_model_repository_index())
        for each, arguments, where in everything(client):
            check(await client.infer(**arguments), each, f"aio {where}")
        results = await asyncio.gather(*[client.infer(model, inputs_of(case, ways["binary"])) for _ in range(32)])
        for result in results:
            check(result, case, "aio at once")
        assert counted(await client.get_inference_statistics(model))["model_stats"]
        await refused_later(client.infer("nobody", inputs_of(case, ways["binary"])), "nobody")
        await refused_later(client.get_model_metadata("nobody"), "nobody")
        await refused_later(client.get_trace_settings(), "")
        await refused_later(client.get_log_settings(), "")
        await refused_later(client.get_system_shared_memory_status(), "")
        await refused_later(client.load_model(model), "")
        await refused_later(client.unload_model(model), "")


sync()
asyncio.run(later())
print(json.dumps({"calls": calls}))
