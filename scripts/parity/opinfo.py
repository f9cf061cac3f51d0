"""Exports PyTorch's own operator samples (OpInfo) and records what PyTorch answers to them.

    opinfo.py FOLDER [NAME...]     all operators, or those named; what is in the folder already is not made again

Each operator gets one dtype, float32 unless it has none, and up to four of its samples, spread over all of them. A sample becomes
a module whose arguments are the sample's tensors; the first one is also exported with core ATen decompositions. For each
operator FOLDER/NAME.json has the samples: the file, the arguments and the answer, or why there is no file.
"""

import json
import multiprocessing
import os
import re
import signal
import sys
import time
import warnings
from itertools import islice
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "fixtures"))

from encode import encode  # noqa: E402

SAMPLES = 4
EXAMINED = 200  # of the samples that an operator has
SECONDS = 90  # for one operator
PROCESSES = 2
SEED = 7  # before every answer: operators that draw numbers draw the same ones
DTYPES = (torch.float32, torch.int64, torch.bool, torch.complex64)
VERSION = 1  # another one makes all files again
WRITES = {"empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided"}


class NotExportable(Exception):
    """Carries why."""


class Sample(nn.Module):
    """Calls an operator with a sample. Complex tensors come and go as pairs of floats, since JavaScript has none."""

    def __init__(self, op: Any, sample: Any) -> None:
        super().__init__()
        leaves, self.spec = tree_flatten((sample.input, sample.args, sample.kwargs))
        self.op = op
        self.fixed = [None if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        self.places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
        self.complex = [leaves[i].is_complex() for i in self.places]

    def forward(self, *tensors: Tensor) -> list[Any]:
        leaves = list(self.fixed)
        for place, is_complex, tensor in zip(self.places, self.complex, tensors):
            leaves[place] = torch.view_as_complex(tensor) if is_complex else tensor
        value, args, kwargs = tree_unflatten(leaves, self.spec)
        return [parts(leaf) for leaf in tree_leaves(self.op(value, *args, **kwargs))]


def parts(value: Any) -> Any:
    if isinstance(value, Tensor) and value.is_complex():
        return torch.view_as_real(value.resolve_conj())
    return value


def given(tensor: Tensor) -> Tensor:
    """As JavaScript gives it: a contiguous one of its own."""
    if tensor.layout != torch.strided or tensor.is_quantized:
        raise NotExportable("a sample that is sparse or quantised")
    return parts(tensor.detach()).clone(memory_format=torch.contiguous_format)


def copies(tensors: list[Tensor]) -> tuple[Tensor, ...]:
    """An operator may write into its arguments."""
    return tuple(tensor.clone() for tensor in tensors)


def reason(error: BaseException) -> str:
    """The first line that says something, without what differs from machine to machine."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    text = re.sub(r"/[\w./+-]+/|0x[0-9a-f]+", "", lines[0])
    return f"{type(error).__name__}: {text}"[:200]


def answer(program: torch.export.ExportedProgram, tensors: list[Tensor]) -> list[Any]:
    module = program.module()
    torch.manual_seed(SEED)
    with torch.inference_mode():
        leaves = module(*copies(tensors))
    for leaf in leaves:
        if isinstance(leaf, Tensor) and leaf.layout != torch.strided:
            raise NotExportable("an answer that is sparse")
    return [encode(leaf.resolve_neg().contiguous()) if isinstance(leaf, Tensor) else leaf for leaf in leaves]


def record(path: Path, op: Any, sample: Any, core: bool) -> dict[str, Any]:
    try:
        module = Sample(op.op, sample)
        leaves = tree_leaves((sample.input, sample.args, sample.kwargs))
        tensors = [given(leaf) for leaf in leaves if isinstance(leaf, Tensor)]
        program = torch.export.export(module.eval(), copies(tensors), strict=False)
        if core:
            program = program.run_decompositions()
        torch.export.save(program, path)
        targets = sorted({str(node.target) for node in program.graph.nodes if node.op == "call_function"})
        return {"file": path.name, "targets": targets, "args": [encode(t) for t in tensors], "expected": answer(program, tensors)}
    except Exception as error:
        path.unlink(missing_ok=True)
        return {"skip": str(error) if isinstance(error, NotExportable) else reason(error)}


def samples_of(op: Any, dtype: torch.dtype) -> list[Any]:
    torch.manual_seed(0)
    found = list(islice(op.sample_inputs("cpu", dtype, requires_grad=False), EXAMINED))
    count = min(SAMPLES, len(found))
    return [found[i * len(found) // count] for i in range(count)]


def make(folder: Path, op: Any, name: str) -> dict[str, Any]:
    supported = op.supported_dtypes("cpu")
    dtype = next((dtype for dtype in DTYPES if dtype in supported), None)
    if dtype is None:
        return {"name": name, "samples": [{"skip": "no samples on the CPU in any dtype"}]}
    samples = []
    try:
        found = samples_of(op, dtype)
    except Exception as error:
        return {"name": name, "samples": [{"skip": reason(error)}]}
    for number, sample in enumerate(found):
        samples.append(record(folder / f"{name}-{number}.pt2", op, sample, core=False))
        if number == 0:
            samples.append({"core": True, **record(folder / f"{name}-core.pt2", op, sample, core=True)})
    return {"name": name, "dtype": str(dtype).removeprefix("torch."), "zeros": op.name in WRITES, "samples": samples}


def serve(pipe: Connection, folder: Path) -> None:
    """Makes what it is asked for by number, until it is told to stop. An operator may end the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # PyTorch's logs of exports that fail
    ops = dict(named())
    while (name := pipe.recv()) is not None:
        pipe.send(make(folder, ops[name], name))


def named() -> list[tuple[str, Any]]:
    from torch.testing._internal.common_methods_invocations import op_db

    return [(op.formatted_name, op) for op in op_db]


class Worker:
    """A process that exports; another one takes its place when it ends or is too slow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.busy: str | None = None
        self.start()

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, self.folder), daemon=True)
        self.process.start()
        theirs.close()

    def restart(self) -> None:
        self.process.kill()
        self.process.join()
        self.start()


def run(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{VERSION} {torch.__version__}\n"
    if not (folder / "version.txt").exists() or (folder / "version.txt").read_text() != stamp:
        for old in (*folder.glob("*.json"), *folder.glob("*.pt2")):
            old.unlink()
        (folder / "version.txt").write_text(stamp)
    wanted = [name for name, _ in named() if not names or name in names]
    left = [name for name in wanted if not (folder / f"{name}.json").exists()]
    print(f"{len(wanted)} operators, {len(left)} of them to export", flush=True)
    (folder / "names.json").write_text(json.dumps(wanted))
    if left:
        in_processes(folder, left)


def in_processes(folder: Path, left: list[str]) -> None:
    workers = [Worker(folder) for _ in range(min(PROCESSES, len(left)))]
    since: dict[Worker, float] = {}

    def finish(worker: Worker, result: dict[str, Any]) -> None:
        (folder / f"{worker.busy}.json").write_text(json.dumps(result) + "\n")
        worker.busy = None

    while left or any(worker.busy for worker in workers):
        for worker in workers:
            if worker.busy is None and left:
                worker.busy = left.pop(0)
                since[worker] = time.monotonic()
                worker.pipe.send(worker.busy)
        ready = wait([worker.pipe for worker in workers if worker.busy], timeout=1)
        for worker in workers:
            if worker.busy is None:
                continue
            why = None
            if worker.pipe in ready:
                try:
                    finish(worker, worker.pipe.recv())
                    continue
                except EOFError:
                    why = "the export ended its process"
            elif time.monotonic() - since[worker] > SECONDS:
                why = f"took more than {SECONDS} s"
            if why:
                finish(worker, {"name": worker.busy, "samples": [{"skip": why}]})
                worker.restart()
    for worker in workers:
        worker.pipe.send(None)
        worker.process.join(10)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2:])
