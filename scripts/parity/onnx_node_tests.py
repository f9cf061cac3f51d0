"""Writes ONNX's own backend node tests, with what Python's onnxruntime answers, into a folder: onnx_node_tests.py FOLDER.

One JSON line a test in tests.jsonl: `name`, and either `skip` (why it is not one for us) or `model` (a file), `inputs` and
`outputs` (tensors by name, as in test/fixtures/onnx/cases.json).
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy
import onnx
import onnxruntime
from onnx import TensorProto
from onnx.backend.test.case.test_case import TestCase
from onnx.backend.test.loader import load_model_tests

DTYPES = {
    TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16,
    TensorProto.UINT16, TensorProto.INT32, TensorProto.UINT32, TensorProto.INT64, TensorProto.UINT64, TensorProto.BOOL,
    TensorProto.BFLOAT16,
}  # fmt: skip


# The newest that onnxruntime 1.30 reads. A newer stamp alone would keep out tests of operators that it has.
IR_VERSION = 13


class Skip(Exception):
    pass


def encode(array: numpy.ndarray) -> dict[str, Any]:
    raw = base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()
    return {"$tensor": {"dtype": array.dtype.name, "shape": list(array.shape), "base64": raw}}


def check(value: onnx.ValueInfoProto) -> None:
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        raise Skip(f"not a dense tensor: {str(kind).removesuffix('_type')}")
    dtype = value.type.tensor_type.elem_type
    if dtype not in DTYPES:
        raise Skip(f"dtype outside of the contract: {TensorProto.DataType.Name(dtype).lower()}")
    if dtype == TensorProto.BFLOAT16:
        raise Skip("bfloat16, which onnxruntime-node has not")


def answer(content: bytes, inputs: dict[str, numpy.ndarray]) -> tuple[list[str], list[Any]]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = "an opset it does not know yet" if "opset" in str(error) else type(error).__name__
        raise Skip(f"Python's onnxruntime does not load it either: {reason}") from error
    try:
        return [output.name for output in session.get_outputs()], session.run(None, inputs)
    except Exception as error:
        raise Skip(f"Python's onnxruntime does not run it either: {type(error).__name__}") from error


def dump(test: TestCase, folder: Path) -> dict[str, Any]:
    model = test.model
    for value in [*model.graph.input, *model.graph.output]:
        check(value)
    model.ir_version = min(model.ir_version, IR_VERSION)
    content = model.SerializeToString()
    given = [numpy.asarray(array) for array in test.data_sets[0][0]]
    inputs = {value.name: array for value, array in zip(model.graph.input, given, strict=True)}
    names, outputs = answer(content, inputs)
    if any(not isinstance(output, numpy.ndarray) for output in outputs):
        raise Skip("an optional output without a value")
    again = answer(content, inputs)[1]
    if any(one.tobytes() != other.tobytes() for one, other in zip(outputs, again)):
        raise Skip("random: Python's onnxruntime answers otherwise every time")
    (folder / f"{test.name}.onnx").write_bytes(content)
    return {
        "model": f"{test.name}.onnx",
        "inputs": {key: encode(array) for key, array in inputs.items()},
        "outputs": {name: encode(array) for name, array in zip(names, outputs)},
    }


def main() -> None:
    numpy.seterr(all="ignore")  # the tests divide by zero on purpose
    folder = Path(sys.argv[1])
    versions = {"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__}
    (folder / "versions.json").write_text(json.dumps(versions))
    with (folder / "tests.jsonl").open("w") as lines:
        for test in load_model_tests(kind="node"):
            try:
                found = dump(test, folder)
            except Skip as reason:
                found = {"skip": str(reason)}
            lines.write(json.dumps({"name": test.name, **found}) + "\n")


if __name__ == "__main__":
    main()
