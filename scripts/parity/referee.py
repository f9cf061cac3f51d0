"""Python's onnxruntime, in a process of its own: integer division in it can end the process with a signal."""

import multiprocessing
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import numpy
import onnxruntime

from unit import NotExportable, reason

Arrays = list[numpy.ndarray]


def answers(path: Path, calls: list[Arrays]) -> list[Arrays]:
    """What it makes of the calls' inputs, in the order of the graph; NotExportable with the reason where nothing."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=run, args=(path, calls, theirs))
    child.start()
    theirs.close()
    try:
        found = ours.recv()
    except EOFError:
        found = None
    child.join()
    if found is None:
        raise NotExportable(f"ONNX Runtime, in Python: ends the process with {signal.Signals(-child.exitcode).name}")
    if isinstance(found, str):
        raise NotExportable(f"ONNX Runtime, in Python: {found}")
    return found


def run(path: Path, calls: list[Arrays], result: Connection) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        names = [value.name for value in session.get_inputs()]
        result.send([session.run(None, dict(zip(names, call, strict=True))) for call in calls])
    except Exception as error:
        result.send(reason(error))
