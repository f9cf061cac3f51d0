"""Tensors between the tests and the scripts here: bytes in base64, or texts."""
import base64

import numpy as np
from tritonclient.utils import triton_to_np_dtype


def array_of(tensor, dtype_of=triton_to_np_dtype):
    if tensor["datatype"] == "BYTES":
        values = np.array([text.encode() for text in tensor["texts"]], dtype=np.object_)
    else:
        values = np.frombuffer(base64.b64decode(tensor["bytes"]), dtype=dtype_of(tensor["datatype"]))
    return values.reshape(tensor["shape"])


def texts_of(array):
    return [value.decode() if isinstance(value, bytes) else str(value) for value in array.reshape(-1).tolist()]


def require_same(got, wanted, where):
    """Bit for bit: numbers by their bytes, so that -0 is not 0 and NaN is NaN."""
    assert got is not None, f"{where}: there is no such output"
    expected = array_of(wanted)
    assert list(got.shape) == list(expected.shape), f"{where}: shape {got.shape}, not {expected.shape}"
    if wanted["datatype"] == "BYTES":
        assert texts_of(got) == wanted["texts"], f"{where}: {texts_of(got)}, not {wanted['texts']}"
    else:
        assert got.dtype == expected.dtype, f"{where}: {got.dtype}, not {expected.dtype}"
        assert got.tobytes() == expected.tobytes(), f"{where}: {got}, not {expected}"
