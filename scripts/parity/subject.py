"""What is compared: a subject (a function or a module) for dtypes and shapes, each of which is one case."""

import linecache
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

F32, F64, F16, BF16 = torch.float32, torch.float64, torch.float16, torch.bfloat16
FLOATS = (F32, F64, F16, BF16)
INTS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
UINTS = (torch.uint16, torch.uint32, torch.uint64)
BOOL = (torch.bool,)
WHOLE = INTS + BOOL
ALL = FLOATS + INTS + BOOL

Shapes = tuple[tuple[int, ...], ...]


@dataclass
class Subject:
    """`args` names the arguments, all tensors; the first letter says what is in them (see `filled`).

    `shapes` has one tuple a variant, with one shape an argument. `rows`: the first dimension of every argument is a
    batch; it is exported as a size that varies and run with other sizes too.
    """

    name: str
    make: Callable[[], nn.Module]
    args: list[str]
    dtypes: tuple[torch.dtype, ...]
    shapes: list[Shapes]
    rows: bool = False
    limit: int = 2  # of indices
    weights: bool = False  # has floats of its own, which must be of the dtype
    source: str = ""
    tolerance: float | None = None  # instead of that of the dtype


@dataclass
class Case:
    """A subject with one dtype and one variant of shapes; `batches` are the arguments of its calls."""

    subject: Subject
    dtype: torch.dtype
    shapes: Shapes
    batches: list[list[Tensor]] = field(default_factory=list)
    _answer: list[list[Tensor]] | None = None

    @property
    def name(self) -> str:
        sizes = " ".join("×".join(map(str, shape)) or "scalar" for shape in self.shapes)
        return f"{self.subject.name} {dtype_name(self.dtype)} {sizes}"

    def dtypes(self) -> set[torch.dtype]:
        """Of all arguments and answers."""
        return {tensor.dtype for tensors in (*self.batches, *self.answer()) for tensor in tensors}

    def answer(self) -> list[list[Tensor]]:
        """PyTorch's, for every call."""
        if self._answer is None:
            module = self.module()
            with torch.inference_mode():
                self._answer = [flat(module(*args)) for args in self.batches]
        return self._answer

    def module(self) -> nn.Module:
        torch.manual_seed(0)
        return self.subject.make().eval().to(self.dtype if self.subject.weights else None)


def flat(value: Any) -> list[Tensor]:
    return [value] if isinstance(value, Tensor) else [tensor for item in value for tensor in flat(item)]


def dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def function(name: str, expression: str, args: str, dtypes: tuple[torch.dtype, ...], *shapes: Shapes, **more: object) -> Subject:
    """A module whose forward returns the expression. Its source is kept, since TorchScript compiles from source."""
    names = args.split()
    source = f"def forward(self, {', '.join(names)}):\n    return {expression}\n"
    file = f"<{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope: dict[str, object] = {"torch": torch, "F": nn.functional}
    exec(compile(source, file, "exec"), scope)  # noqa: S102
    return Subject(name, type("Function", (nn.Module,), {"forward": scope["forward"]}), names, dtypes, list(shapes), source=source, **more)


def module(name: str, make: Callable[[], nn.Module], args: str, *shapes: Shapes, dtypes: tuple[torch.dtype, ...] = FLOATS, **more: object) -> Subject:
    return Subject(name, make, args.split(), dtypes, list(shapes), weights=True, **more)


def filled(letter: str, shape: tuple[int, ...], dtype: torch.dtype, limit: int, seed: int) -> Tensor:
    """x, y: any numbers; p, q: positive ones; u: between 0 and 1; i: int64 indices below `limit`; m: bool."""
    generator = torch.Generator().manual_seed(seed)
    if letter == "i":
        return torch.randint(0, limit, shape, generator=generator)
    if letter == "m" or dtype == torch.bool:
        return torch.rand(shape, generator=generator) < 0.5
    if dtype.is_floating_point:
        if letter == "u":
            return (torch.rand(shape, generator=generator, dtype=F64) * 0.98 + 0.01).to(dtype)
        numbers = torch.randn(shape, generator=generator, dtype=F64)
        return (numbers.abs() + 0.1 if letter in "pq" else numbers).to(dtype)
    low = 1 if letter in "pq" else 0 if not dtype.is_signed else -5
    return torch.randint(low, 7, shape, generator=generator).to(dtype)


def cases_of(subject: Subject) -> list[Case]:
    found = []
    for dtype in subject.dtypes:
        for shapes in subject.shapes:
            case = Case(subject, dtype, shapes)
            for rows in (None, 1, 5) if subject.rows else (None,):
                sized = [shape if rows is None else (rows, *shape[1:]) for shape in shapes]
                case.batches.append(
                    [filled(arg[0], s, dtype, subject.limit, seed) for seed, (arg, s) in enumerate(zip(subject.args, sized))]
                )
            found.append(case)
    return found
