"""Drives every call of tritonclient.grpc, sync, asyncio and over streams, but shared memory, traces and logs."""
import asyncio
import faulthandler
import os
import queue
import traceback

import numpy as np
import tritonclient.grpc as sync
import tritonclient.grpc.aio as aio
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

from grpc_cases import array_of, expect, read

# A call that is never answered says where.
faulthandler.dump_traceback_later(100, exit=True)
told = read()
url, cases = told["url"], told["cases"]
digits = dict(cases[0], output="logits")
headers = {"x-request-id": "from-triton"}


def inputs_of(case, client=sync):
    made = []
    for tensor in case["inputs"]:
        each = client.InferInput(tensor["name"], tensor["shape"], tensor["datatype"])
        each.set_data_from_numpy(array_of(tensor, triton_to_np_dtype))
        made.append(each)
    return made


def check(case, result):
    response = result.get_response()
    expect("outputs", len(response.outputs), len(case["outputs"]))
    for got, raw, wanted in zip(response.outputs, response.raw_output_contents, case["outputs"]):
        where = f"{case['model']} {got.name}"
        expect(f"{where} datatype", got.datatype, wanted["datatype"])
        expect(f"{where} shape", list(got.shape), wanted["shape"])
        expect(f"{where} bytes", raw, wanted["bytes"])
        # What the client makes of it.
        if got.datatype != "BYTES":
            expect(f"{where} array", result.as_numpy(got.name).tobytes(), wanted["bytes"])


def check_shared(case, result):
    """Of a run that several requests have shared: the order of its sums, and so the last bits, may differ."""
    (wanted,) = case["outputs"]
    got = result.as_numpy(result.get_response().outputs[0].name)
    np.testing.assert_allclose(got, array_of(wanted, triton_to_np_dtype), rtol=1e-3, atol=1e-4)


def refused(status, call):
    try:
        call()
    except InferenceServerException as error:
        expect("status", error.status(), f"StatusCode.{status}")
        assert error.message()
        return
    raise AssertionError(f"expected {status}")


def absent(client):
    """What the server does not have, in the same words for each."""
    return [
        client.get_trace_settings,
        client.update_trace_settings,
        client.get_log_settings,
        lambda: client.update_log_settings({}),
        client.get_system_shared_memory_status,
        lambda: client.register_system_shared_memory("r", "/r", 8),
        client.unregister_system_shared_memory,
        client.get_cuda_shared_memory_status,
        lambda: client.register_cuda_shared_memory("r", b"", 0, 8),
        client.unregister_cuda_shared_memory,
        lambda: client.load_model("mnist-mlp"),
        lambda: client.unload_model("mnist-mlp"),
    ]


def run_sync():
    client = sync.InferenceServerClient(url)
    expect("live", client.is_server_live(headers=headers), True)
    expect("ready", client.is_server_ready(), True)
    expect("model ready", client.is_model_ready("mnist-mlp"), True)
    expect("version ready", client.is_model_ready("mnist-mlp", "v1.0"), True)
    expect("unknown ready", client.is_model_ready("nope"), False)
    metadata = client.get_server_metadata(as_json=True)
    expect("name", metadata["name"], "node-libtorch")
    assert "statistics" in metadata["extensions"]
    model = client.get_model_metadata("mnist-mlp", as_json=True)
    expect("inputs", model["inputs"], [{"name": "input", "datatype": "FP32", "shape": ["-1", "784"]}])
    expect("versions", model["versions"], ["v1.0"])
    config = client.get_model_config("mnist-mlp").config
    expect("config", [config.name, config.max_batch_size, config.input[0].name], ["mnist-mlp", 32, "input"])
    expect("dims", list(config.input[0].dims), [784])
    assert config.HasField("dynamic_batching") and config.backend and config.instance_group[0].count == 1
    index = client.get_model_repository_index()
    assert {(each.name, each.state) for each in index.models} >= {("mnist-mlp", "READY")}
    for case in cases:
        check(case, client.infer(case["model"], inputs_of(case)))
    before = client.get_inference_statistics("mnist-mlp").model_stats[0]
    asked = [sync.InferRequestedOutput(digits["output"], class_count=3)]
    best = client.infer("mnist-mlp", inputs_of(digits), outputs=asked, request_id="7", priority=1, timeout=10_000_000)
    expect("id", best.get_response().id, "7")
    expect("classes", best.as_numpy(digits["output"]).shape, (digits["inputs"][0]["shape"][0], 3))
    after = client.get_inference_statistics("mnist-mlp").model_stats[0]
    rows = digits["inputs"][0]["shape"][0]
    expect("counted", after.inference_count - before.inference_count, rows)
    assert after.inference_stats.success.ns > before.inference_stats.success.ns
    assert len(client.get_inference_statistics().model_stats) > 1
    for compression in ("gzip", "deflate"):
        check(digits, client.infer("mnist-mlp", inputs_of(digits), compression_algorithm=compression))
    done = queue.Queue()
    client.async_infer("mnist-mlp", inputs_of(digits), lambda result, error: done.put((result, error)))
    result, error = done.get(timeout=30)
    assert error is None, error
    check(digits, result)
    refused("NOT_FOUND", lambda: client.infer("nope", inputs_of(digits)))
    refused("NOT_FOUND", lambda: client.get_model_metadata("nope"))
    refused("NOT_FOUND", lambda: client.get_model_config("mnist-mlp", "99"))
    refused("NOT_FOUND", lambda: client.get_inference_statistics("nope"))
    refused("INVALID_ARGUMENT", lambda: client.infer("mnist-mlp", inputs_of(cases[-1])))
    refused("INVALID_ARGUMENT", lambda: client.infer("mnist-mlp", inputs_of(digits), sequence_id=1, sequence_start=True))
    refused("DEADLINE_EXCEEDED", lambda: client.infer("mnist-mlp", inputs_of(digits), client_timeout=1e-6))
    for call in absent(client):
        refused("UNIMPLEMENTED", call)
    client.close()


def run_stream():
    client = sync.InferenceServerClient(url)
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    count = 300
    for i in range(count):
        model = "nope" if i % 100 == 50 else "mnist-mlp"
        client.async_stream_infer(model, inputs_of(digits), request_id=str(i), enable_empty_final_response=True)
    for i in range(count):
        result, error = answers.get(timeout=60)
        if i % 100 == 50:
            assert error is not None and "nope" in error.message()
            continue
        assert error is None, error
        response = result.get_response()
        expect("order", response.id, str(i))
        expect("final", response.parameters["triton_final_response"].bool_param, True)
        if i < 10:
            check_shared(digits, result)
    client.stop_stream()
    client.close()


async def run_aio():
    async with aio.InferenceServerClient(url) as client:
        expect("live", await client.is_server_live(), True)
        expect("ready", await client.is_server_ready(), True)
        expect("model ready", await client.is_model_ready("mnist-mlp"), True)
        assert (await client.get_server_metadata()).version
        assert (await client.get_model_metadata("mnist-mlp")).platform
        assert (await client.get_model_config("mnist-mlp")).config.platform
        assert (await client.get_model_repository_index()).models
        assert (await client.get_inference_statistics()).model_stats
        for case in cases:
            check(case, await client.infer(case["model"], inputs_of(case, aio)))
        many = [client.infer("mnist-mlp", inputs_of(digits, aio)) for _ in range(64)]
        for result in await asyncio.gather(*many):
            check_shared(digits, result)

        async def requests():
            for i in range(50):
                yield {"model_name": "mnist-mlp" if i != 20 else "nope", "inputs": inputs_of(digits, aio), "request_id": str(i)}

        i = 0
        async for result, error in client.stream_infer(requests()):
            expect("error", error is not None, i == 20)
            if error is None:
                expect("order", result.get_response().id, str(i))
            i += 1
        expect("answers", i, 50)
        for call in absent(client):
            try:
                await call()
            except InferenceServerException as error:
                expect("status", error.status(), "StatusCode.UNIMPLEMENTED")
            else:
                raise AssertionError("expected UNIMPLEMENTED")


try:
    run_sync()
    run_stream()
    asyncio.run(run_aio())
except BaseException:
    traceback.print_exc()
    # A stream that is open would keep the process.
    os._exit(1)
print("every call was answered as it should be")
