"""Exports the subjects and records PyTorch's answers: export.py FOLDER [--all] [--minutes N].

In FOLDER every unit (a file of a model, and the cases that it holds) has a JSON file, written last: what is there
already is not made again. `--all` compiles every case as AOTInductor package, else the first shapes of a few dtypes; after N minutes
nothing more is begun for AOTInductor and ONNX, which the next run goes on with.
"""

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

os.environ["TORCHINDUCTOR_CPP_MARCH"] = "x86-64-v3"  # as scripts/fixtures/aoti.py

import torch  # noqa: E402
from torch._inductor import config  # noqa: E402

from formats import TooMany, export_onnx, export_package, export_torchscript, part  # noqa: E402
from subject import BF16, F32, Case, cases_of  # noqa: E402
from subjects import SUBJECTS  # noqa: E402
from unit import Store, reason  # noqa: E402

ALONE = {"sort", "argsort", "masked select", "inverse", "fft", "cdist", "unfold", "EmbeddingBag"}  # not in every format: they would break up groups
GROUP = 30  # cases of one package: compiling takes some 10 s before the first
PACKAGED = {F32, torch.int64}
MINUTES = float(sys.argv[sys.argv.index("--minutes") + 1]) if "--minutes" in sys.argv else float("inf")
DEADLINE = time.monotonic() + MINUTES * 60
LEFT = "left for a later run by --minutes"
LATER = "not compiled without --all"


def runnable(cases: Iterable[Case], store: Store) -> list[Case]:
    """Those that PyTorch itself runs; the others are listed."""
    found = []
    for case in cases:
        try:
            case.answer()
        except (RuntimeError, NotImplementedError) as error:
            store.skip("pytorch", [case], reason(error))
            continue
        found.append(case)
    return found


def torchscript(cases: list[Case], store: Store) -> None:
    for case in cases:
        store.make("torchscript", [case], lambda path, group: export_torchscript(path, group[0]))


def onnx(cases: list[Case], store: Store) -> None:
    for case in cases:
        if BF16 in case.dtypes():
            store.skip("onnx", [case], "onnxruntime-node has no bfloat16")
    for group in groups(case for case in cases if BF16 not in case.dtypes()):
        graph(group, store)


def graph(group: list[Case], store: Store) -> None:
    whole: Any = None

    def write(path: Path, cases: list[Case]) -> dict[str, Any]:
        nonlocal whole
        whole = whole or export_onnx(group)
        at = group.index(cases[0])
        counts = [(len(case.shapes), len(case.answer()[0])) for case in group[:at]]
        return part(path, cases[0], whole, sum(i for i, _ in counts), sum(o for _, o in counts))

    if late("onnx", [[case] for case in group], store):
        store.skip("onnx", group, LEFT)
        return
    try:
        for case in group:
            store.make("onnx", [case], write)
    except TooMany as error:
        print(f"{len(group)} cases in halves: {reason(error.__cause__)}", file=sys.stderr)
        for half in halves(group):
            graph(half, store)


def packages(cases: list[Case], store: Store, everything: bool) -> None:
    wanted = []
    for case in cases:
        if everything or (case.dtype in PACKAGED and case.shapes == case.subject.shapes[0]):
            wanted.append(case)
        else:
            store.skip("aotinductor", [case], LATER)
    for group in groups(wanted):
        package(group, store)


def package(group: list[Case], store: Store) -> None:
    if late("aotinductor", [group], store):
        store.skip("aotinductor", group, LEFT)
        return
    try:
        store.make("aotinductor", group, export_package)
    except TooMany as error:
        print(f"{len(group)} cases in halves: {reason(error.__cause__)}", file=sys.stderr)
        for half in halves(group):
            package(half, store)


def late(format: str, units: list[list[Case]], store: Store) -> bool:
    return time.monotonic() > DEADLINE and not all(store.has(format, cases) for cases in units)


def groups(cases: Iterable[Case]) -> list[list[Case]]:
    """Cases of one dtype that all have rows, or all have not."""
    found: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        alone = case.subject.name if case.subject.name in ALONE else ""
        found.setdefault((case.dtype, case.subject.rows, alone), []).append(case)
    return [group[start : start + GROUP] for group in found.values() for start in range(0, len(group), GROUP)]


def halves(group: list[Case]) -> tuple[list[Case], list[Case]]:
    return group[: len(group) // 2], group[len(group) // 2 :]


def main() -> None:
    torch.set_num_threads(1)
    config.cpp.simdlen = 256
    folder = Path(sys.argv[1])
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder / "inductor"))
    store = Store(folder)
    started = time.monotonic()
    cases = runnable([case for subject in SUBJECTS for case in cases_of(subject)], store)
    for name, step in (("TorchScript", torchscript), ("ONNX", onnx)):
        step(cases, store)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    packages(cases, store, "--all" in sys.argv)
    print(f"AOTInductor: {time.monotonic() - started:.0f} s", file=sys.stderr)
    store.finish()


if __name__ == "__main__":
    main()
