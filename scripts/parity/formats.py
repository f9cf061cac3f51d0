"""One function a format: writes the file of a unit, and returns the arguments of its calls as the format takes them."""

import functools
import io
import logging
import sys
from pathlib import Path
from typing import Any

import onnx
import onnx.utils
import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.onnx._internal.exporter._registration import ONNXRegistry

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "export")]

from node_libtorch_export import export as export_pt2  # noqa: E402
from referee import answers  # noqa: E402
from subject import Case  # noqa: E402
from torchscript_export import clean_archive  # noqa: E402
from unit import NotExportable, encode, reason  # noqa: E402

# PyTorch reads all of its translations again for every export, which takes a second.
ONNXRegistry.from_torchlib = staticmethod(functools.cache(ONNXRegistry.from_torchlib))
logging.disable(logging.WARNING)


class TooMany(Exception):
    """The package does not compile, and one of several cases is why."""


class Group(nn.Module):
    """Several cases as one module, since compiling a package takes long whatever is in it."""

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, cases: list[list[Tensor]]) -> tuple[Any, ...]:
        return tuple(member(*args) for member, args in zip(self.members, cases))


def script_file(module: nn.Module) -> bytes:
    raw = io.BytesIO()
    torch.jit.save(torch.jit.script(module), raw)
    return clean_archive(raw.getvalue())


def export_torchscript(path: Path, case: Case) -> dict[str, Any]:
    try:
        path.write_bytes(script_file(case.module()))
    except Exception as error:
        raise NotExportable(reason(error)) from error
    return {"args": [[encode(t) for t in args] for args in case.batches]}


def export_onnx(cases: list[Case]) -> onnx.utils.Extractor:
    """One graph of all, from which `part` takes each: the exporter needs a second for every call, whatever it is given."""
    group = Group([case.module() for case in cases]).eval()
    try:
        program = torch.export.export(group, ([case.batches[0] for case in cases],), dynamic_shapes=shapes_of(cases))
        made = torch.onnx.export(program, dynamo=True, verbose=False).model_proto
    except Exception as error:
        raise (TooMany() if len(cases) > 1 else NotExportable(reason(error))) from error
    return onnx.utils.Extractor(made)


def part(path: Path, case: Case, whole: onnx.utils.Extractor, inputs: int, outputs: int) -> dict[str, Any]:
    """`inputs` and `outputs` count those of the cases before it."""
    graph = whole.model.graph
    names = [value.name for value in graph.input[inputs : inputs + len(case.shapes)]]
    results = [value.name for value in graph.output[outputs : outputs + len(case.answer()[0])]]
    path.write_bytes(whole.extract_model(names, results).SerializeToString())
    # It says whether a difference is of the export, or ours.
    calls = answers(path, [[t.numpy() for t in args] for args in case.batches])
    return {
        "args": [[encode(t) for t in args] for args in case.batches],
        "python": [[encode(torch.from_numpy(t)) for t in call] for call in calls],
    }


def export_package(path: Path, cases: list[Case]) -> dict[str, Any]:
    group = Group([case.module() for case in cases]).eval()
    examples = [case.batches[0] for case in cases]
    try:
        export_pt2(group, (examples,), path=path, dynamic_shapes=shapes_of(cases), check=False, quiet=True)
    except Exception as error:
        path.unlink(missing_ok=True)
        raise (TooMany() if len(cases) > 1 else NotExportable(reason(error))) from error
    calls = range(len(cases[0].batches))
    return {"args": [[[[encode(t) for t in case.batches[call]] for case in cases]] for call in calls]}


def shapes_of(cases: list[Case]) -> Any:
    """Every case has a batch size of its own, or the size of one would be read from another's input."""

    def sizes(number: int, case: Case) -> list[Any]:
        batch = Dim(f"batch{number}", min=1, max=64)
        return [{0: batch} if case.subject.rows else None] * len(case.shapes)

    return {"cases": [sizes(number, case) for number, case in enumerate(cases)]}
