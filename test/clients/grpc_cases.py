"""Cases that test/clients/grpc.test.ts has made: bytes of inputs, and the bytes that the model gave for them."""
import base64
import json
import sys

import numpy as np


def read():
    told = json.load(sys.stdin)
    for case in told["cases"]:
        for tensor in case["inputs"] + case["outputs"]:
            tensor["bytes"] = base64.b64decode(tensor["data"])
    return told


def array_of(tensor, to_dtype):
    """The tensor as the client's numpy array. BYTES are length-prefixed."""
    if tensor["datatype"] == "BYTES":
        data, at, items = tensor["bytes"], 0, []
        while at < len(data):
            length = int.from_bytes(data[at : at + 4], "little")
            items.append(data[at + 4 : at + 4 + length])
            at += 4 + length
        return np.array(items, dtype=np.object_).reshape(tensor["shape"])
    return np.frombuffer(tensor["bytes"], dtype=to_dtype(tensor["datatype"])).reshape(tensor["shape"])


def expect(what, got, wanted):
    if got != wanted:
        raise AssertionError(f"{what}: expected {wanted!r} but got {got!r}")
