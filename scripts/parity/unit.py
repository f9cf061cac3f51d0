"""Units: a model file with the cases in it, their arguments and PyTorch's answers, as JSON beside it."""

import hashlib
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "fixtures"))

from encode import encode  # noqa: E402
from subject import Case, dtype_name  # noqa: E402

SUFFIX = {"torchscript": ".pt", "aotinductor": ".pt2", "onnx": ".onnx", "export": ".pt2"}
SOURCES = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in ("formats.py", "referee.py", "subject.py", "unit.py"))).hexdigest()


class NotExportable(Exception):
    """Carries why."""


def reason(error: BaseException) -> str:
    """The first line that says something, without what differs from case to case or machine to machine."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()] or [type(cause).__name__]
    text = re.sub(r"/[\w./+-]+/", "", lines[0])
    text = re.sub(r"\[ONNXRuntimeError\] : \d+ : |Load model from \S+ failed:|This is an invalid model\. ", "", text)
    text = re.sub(r"0x[0-9a-f]+|'?node_\w+'?| (with name|of input parameter|In Node|\() .*", "…", text)
    return text[:160]


class Store:
    """The folder with the units; those that are not made in a run are left out of its list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def skip(self, format: str, cases: list[Case], why: str) -> None:
        self.lines.append(json.dumps({"format": format, "cases": [{"name": case.name} for case in cases], "skip": why}))

    def path(self, format: str, cases: list[Case]) -> Path:
        key = hashlib.sha256("\n".join([SOURCES, format, *(f"{c.name} {c.subject.source}" for c in cases)]).encode()).hexdigest()[:16]
        return self.folder / f"{format}-{key}{SUFFIX[format]}"

    def has(self, format: str, cases: list[Case]) -> bool:
        return self.path(format, cases).with_suffix(".json").exists()

    def make(self, format: str, cases: list[Case], export: Callable[[Path, list[Case]], dict[str, Any]]) -> None:
        """`export` writes the file and returns what the unit says of it: `args` of every call, in the form of the format."""
        path = self.path(format, cases)
        record = path.with_suffix(".json")
        if not record.exists():
            try:
                unit = {"file": path.name, **export(path, cases)}
            except NotExportable as error:
                unit = {"skip": str(error)}
            answers = [case.answer() for case in cases]
            unit |= {"format": format, "cases": [{"name": case.name, "dtype": dtype_name(case.dtype), "tolerance": case.subject.tolerance} for case in cases]}
            unit["expected"] = [[[encode(t) for t in answer[call]] for answer in answers] for call in range(len(answers[0]))]
            record.write_text(json.dumps(unit) + "\n")
        self.lines.append(record.read_text().strip())

    def finish(self) -> None:
        (self.folder / "units.jsonl").write_text("\n".join(self.lines) + "\n")
