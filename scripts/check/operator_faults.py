"""Calls operators as a hostile file would: the calls of PyTorch's own samples, with arguments changed at random.

    bash scripts/python-beside.sh opinfo scripts/check/operator_faults.py FOLDER [--calls N] [NAME...]

FOLDER is what scripts/parity/opinfo.py has written. Each operator is called N times (400) in a process of its own. The memory of
every argument ends at a page that cannot be touched, so that a kernel that reads or writes past the end ends the process,
which is printed: these operators need a guard (native/engine/export/guards.cc), or go off the list.
"""

import argparse
import ctypes
import json
import logging
import mmap
import os
import random
import resource
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map_only, tree_unflatten

MOST_CALLS = 8  # of the samples, for one operator
MOST_FAULTS = 6  # of one operator
SECONDS = 8  # for one call
MEMORY = 2 << 30  # beyond what PyTorch itself takes
PAGE = mmap.PAGESIZE
NUMBERS = [0, 1, -1, 2, -2, 3, 5, 7, 64, 1000, -1000, 100_000, 2**31 - 1, -(2**31), 2**31, 2**62, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -1.0, 0.5, 1e30, -1e30, float("inf"), float("nan"), 1e-30]
SIZES = [0, 1, 2, 3, 7, 17, 64]
ENUMS = ("dtype", "layout", "memory_format")
DTYPES = [torch.float32, torch.float64, torch.int64, torch.int32, torch.bool, torch.uint8, torch.float16, torch.bfloat16, torch.complex64]

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


class Fenced:
    """Copies of tensors between pages that cannot be touched."""

    def __init__(self) -> None:
        self.mapped: list[tuple[int, int]] = []

    def copy(self, tensor: Tensor) -> Tensor:
        size = tensor.numel() * tensor.element_size()
        if size == 0 or tensor.layout != torch.strided or size > 1 << 24:
            return tensor.clone()
        pages = -(-size // PAGE)
        start = libc.mmap(None, (pages + 2) * PAGE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        libc.mprotect(start, PAGE, 0)
        libc.mprotect(start + (pages + 1) * PAGE, PAGE, 0)
        self.mapped.append((start, (pages + 2) * PAGE))
        view = (ctypes.c_uint8 * size).from_address(start + (pages + 1) * PAGE - size)
        copy = torch.frombuffer(view, dtype=torch.uint8).view(tensor.dtype).view(tensor.shape)
        return copy.copy_(tensor)

    def free(self) -> None:
        for start, size in self.mapped:
            libc.munmap(start, size)
        self.mapped.clear()


class Collect(torch.fx.Interpreter):
    """Keeps the operators that a program calls, with their arguments."""

    calls: dict[str, list[Any]] = {}

    def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
        if isinstance(target, torch._ops.OpOverload) and target.namespace == "aten":
            found = self.calls.setdefault(str(target), [])
            if len(found) < MOST_CALLS:
                found.append((target, tree_map_only(Tensor, lambda t: t.detach().clone(), (args, kwargs))))
        return super().call_function(target, args, kwargs)


def collect(folder: Path) -> dict[str, list[Any]]:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parity"))
    for path in sorted(folder.glob("*.json")):
        record = json.loads(path.read_text())
        if not isinstance(record, dict):
            continue
        for sample in record["samples"]:
            new = [t for t in sample.get("targets", []) if t.startswith("aten.") and len(Collect.calls.get(t, [])) < MOST_CALLS]
            if not new:
                continue
            try:
                program = torch.export.load(str(folder / sample["file"]))
                Collect(program.module()).run(*[decode(value) for value in sample["args"]])
            except Exception as error:
                print(path.name, str(error)[:200], file=sys.stderr)
    return Collect.calls


def extra_calls() -> list[Any]:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from operator_calls import calls

    torch.manual_seed(0)
    return calls()


def decode(value: Any) -> Tensor:
    import base64

    tensor = value["$tensor"]
    raw = bytearray(base64.b64decode(tensor["base64"]))
    flat = torch.frombuffer(raw, dtype=torch.uint8) if raw else torch.empty(0, dtype=torch.uint8)
    return flat.view(getattr(torch, tensor["dtype"])).view(tensor["shape"])


def changed_tensor(tensor: Tensor, draw: random.Random) -> Any:
    kind = draw.randrange(7)
    if kind == 0 and tensor.dim() > 0:  # one size
        shape = list(tensor.shape)
        shape[draw.randrange(len(shape))] = draw.choice(SIZES)
        return filled(shape, tensor.dtype, draw)
    if kind == 1:  # another rank
        return filled([draw.choice(SIZES[:5]) for _ in range(draw.randrange(6))], tensor.dtype, draw)
    if kind == 2:
        return tensor.to(draw.choice(DTYPES))
    if kind == 3 and tensor.dim() > 1:
        return tensor.transpose(0, draw.randrange(tensor.dim()))
    if kind == 4 and tensor.numel() > 0:  # one element, or all
        copy = tensor.clone()
        flat = copy.view(-1) if copy.is_contiguous() else copy.reshape(-1)
        where = draw.randrange(flat.numel()) if draw.random() < 0.6 else slice(None)
        if tensor.dtype == torch.bool:
            flat[where] = draw.random() < 0.5
        elif tensor.dtype.is_floating_point or tensor.is_complex():
            flat[where] = draw.choice(FLOATS)
        else:
            limits = torch.iinfo(tensor.dtype)
            flat[where] = max(limits.min, min(limits.max, draw.choice(NUMBERS)))
        return flat.view(tensor.shape)
    if kind == 5 and tensor.dim() > 0:
        return tensor[:0] if draw.random() < 0.5 else tensor[0]
    return filled(list(tensor.shape), tensor.dtype, draw)


def filled(shape: list[int], dtype: torch.dtype, draw: random.Random) -> Tensor:
    if dtype == torch.bool:
        return torch.ones(shape, dtype=dtype)
    return torch.full(shape, draw.choice([0, 1, 2, 5]), dtype=dtype)


def changed(value: Any, declared: str, draw: random.Random) -> Any:
    if isinstance(value, Tensor):
        return changed_tensor(value, draw)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return draw.choice(NUMBERS)
    if isinstance(value, float):
        return draw.choice(FLOATS)
    if isinstance(value, (list, tuple)):
        items = list(value)
        kind = draw.randrange(3)
        if kind == 0 and items:
            items.pop()
        elif kind == 1 and items:
            items.append(draw.choice(items))
        elif items:
            i = draw.randrange(len(items))
            items[i] = changed(items[i], declared, draw)
        elif "int" in declared.lower():
            items.append(draw.choice(NUMBERS))
        return items
    if isinstance(value, str):
        return draw.choice(["", "none", "mean", "sum", "linear", "reflect", "floor", "trunc", "zzz"])
    if value is None:
        if "Tensor" in declared:
            return filled([draw.choice(SIZES) for _ in range(draw.randrange(4))], draw.choice(DTYPES), draw)
        if "bool" in declared:
            return True
        if "int" in declared.lower():
            return draw.choice(NUMBERS)
        if "float" in declared or "number" in declared.lower():
            return draw.choice(FLOATS)
    return value


def mutated(target: Any, call: Any, draw: random.Random) -> tuple[list[Any], dict[str, Any]]:
    """All arguments by their schema; one to three of them differ from the sample's."""
    args, kwargs = call
    schema = target._schema.arguments
    values: list[Any] = []
    for i, argument in enumerate(schema):
        if i < len(args):
            values.append(args[i])
        elif argument.name in kwargs:
            values.append(kwargs[argument.name])
        else:
            values.append(argument.default_value if argument.has_default_value() else None)
    for _ in range(draw.choice([1, 1, 2, 3])):
        i = draw.randrange(len(values)) if values else None
        # The engine itself reads these: a file has names for them, not numbers.
        if i is not None and schema[i].name not in ENUMS:
            values[i] = changed(values[i], str(schema[i].type), draw)
    positional = [value for value, argument in zip(values, schema) if not argument.kwarg_only]
    named = {argument.name: value for value, argument in zip(values, schema) if argument.kwarg_only}
    return positional, named


def described(value: Any) -> str:
    if isinstance(value, Tensor):
        text = f"{str(value.dtype)[6:]}{list(value.shape)}"
        if value.numel() <= 6 and value.layout == torch.strided:
            text += f"={value.flatten().tolist()}"
        return text
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(described(item) for item in value) + "]"
    return repr(value)


def draw_of(name: str, number: int) -> random.Random:
    return random.Random(f"{name} {number}")


def child(name: str, calls: list[Any], first: int, count: int, progress: mmap.mmap) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = MEMORY + PAGE * int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    torch.set_num_threads(1)
    fence = Fenced()
    for number in range(first, count):
        progress[0:8] = number.to_bytes(8, "little")
        draw = draw_of(name, number)
        target, call = calls[number % len(calls)]
        try:
            args, kwargs = mutated(target, call, draw)
            leaves, spec = tree_flatten((args, kwargs))
            leaves = [fence.copy(leaf) if isinstance(leaf, Tensor) else leaf for leaf in leaves]
            args, kwargs = tree_unflatten(leaves, spec)
            with torch.inference_mode():
                target(*args, **kwargs)
            progress[8:16] = (int.from_bytes(progress[8:16], "little") + 1).to_bytes(8, "little")
        except Exception:  # what a refusal should be
            pass
        leaves = args = kwargs = None
        fence.free()
    os._exit(0)


def faults_of(name: str, calls: list[Any], count: int) -> tuple[list[str], int]:
    progress = mmap.mmap(-1, 16)
    faults: list[str] = []
    first = 0
    while first < count and len(faults) < MOST_FAULTS:
        pid = os.fork()
        if pid == 0:
            try:
                child(name, calls, first, count, progress)
            finally:
                os._exit(99)
        number, since, status = -1, time.monotonic(), None
        while status is None:
            done, found = os.waitpid(pid, os.WNOHANG)
            if done:
                status = found
                break
            now = int.from_bytes(progress[0:8], "little")
            if now != number:
                number, since = now, time.monotonic()
            elif time.monotonic() - since > SECONDS:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.002)
        number = int.from_bytes(progress[0:8], "little")
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            break
        how = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        target, call = calls[number % len(calls)]
        try:
            args, kwargs = mutated(target, call, draw_of(name, number))
            faults.append(f"{how.replace('SIGKILL', 'too slow')} ({', '.join([*map(described, args), *(f'{k}={described(v)}' for k, v in kwargs.items())])})")
        except Exception as error:
            faults.append(f"{how}: {error}")
        first = number + 1
    return faults, int.from_bytes(progress[8:16], "little")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="as aten.add.Tensor")
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--extra", action="store_true", help="only operator_calls.py")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    calls = collect(options.folder) if not options.extra else {}
    for target, args in extra_calls():
        try:
            target(*tree_map_only(Tensor, Tensor.clone, args))
        except Exception as error:
            print(f"{target} is not called as it wants to be: {str(error)[:200]}")
        calls.setdefault(str(target), []).append((target, (args, {})))
    names = sorted(options.names or calls)
    print(f"{len(names)} operators", flush=True)
    bad = 0
    for name in names:
        faults, answered = faults_of(name, calls[name], options.calls)
        if faults:
            bad += 1
            print(f"{name}: {answered} answers")
            for fault in faults:
                print(f"    {fault[:500]}", flush=True)
    print(f"{bad} operators with faults")


if __name__ == "__main__":
    main()
