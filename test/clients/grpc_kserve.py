"""Drives every call of kserve.InferenceGRPCClient: inputs as raw bytes, and typed where they have a typed form."""
import asyncio

import grpc
from kserve import InferenceGRPCClient, InferInput, InferRequest
from kserve.utils.numpy_codec import to_np_dtype

from grpc_cases import array_of, expect, read

told = read()
# This client has no name for 16 bits of the other kind.
cases = [case for case in told["cases"] if all(each["datatype"] != "BF16" for each in case["inputs"] + case["outputs"])]


def request_of(case, raw):
    inputs = []
    for tensor in case["inputs"]:
        each = InferInput(tensor["name"], tensor["shape"], tensor["datatype"])
        each.set_data_from_numpy(array_of(tensor, to_np_dtype), binary_data=raw)
        inputs.append(each)
    return InferRequest(model_name=case["model"], infer_inputs=inputs, request_id="k")


def bytes_of(output):
    array = output.as_numpy()
    if output.datatype != "BYTES":
        return array.tobytes()
    texts = [item if isinstance(item, bytes) else item.encode() for item in array.reshape(-1).tolist()]
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)


async def main():
    async with InferenceGRPCClient(told["url"]) as client:
        expect("live", await client.is_server_live(), True)
        expect("ready", await client.is_server_ready(), True)
        expect("model ready", await client.is_model_ready("mnist-mlp"), True)
        expect("unknown ready", await client.is_model_ready("nope"), False)
        for case in cases:
            forms = [True] if any(each["datatype"] == "FP16" for each in case["inputs"]) else [True, False]
            for raw in forms:
                response = await client.infer(request_of(case, raw))
                expect("id", response.id, "k")
                expect("model", response.model_name, case["model"])
                expect("outputs", len(response.outputs), len(case["outputs"]))
                for got, wanted in zip(response.outputs, case["outputs"]):
                    where = f"{case['model']} {got.name} {'raw' if raw else 'typed'}"
                    expect(f"{where} datatype", got.datatype, wanted["datatype"])
                    expect(f"{where} shape", list(got.shape), wanted["shape"])
                    expect(f"{where} bytes", bytes_of(got), wanted["bytes"])
        for model, status in (("nope", grpc.StatusCode.NOT_FOUND), ("mnist-mlp", grpc.StatusCode.INVALID_ARGUMENT)):
            case = dict(cases[-1], model=model)
            try:
                await client.infer(request_of(case, True))
            except grpc.RpcError as error:
                expect("status", error.code(), status)
            else:
                raise AssertionError(f"expected {status}")


asyncio.run(main())
print("every call was answered as it should be")
