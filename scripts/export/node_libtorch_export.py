"""Exports a PyTorch model for node-libtorch, checks the file against the model, and leaves out what is the maker's alone.

One file, needing PyTorch alone: copy it next to your own script.

    import torch
    from node_libtorch_export import export

    model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    batch = torch.export.Dim("batch", min=1, max=64)
    export(model, (torch.rand(2, 784),), "digits.pt2", dynamic_shapes=({0: batch},), format="export", labels=list("0123456789"))

`format` is one of

    export       a file of torch.export.save (.pt2): a graph and weights, the same on every machine; it is data, no code
    aotinductor  native code for this machine's kind of CPU (.pt2); needs a C++ compiler
    onnx         a conversion (.onnx); needs onnx and onnxscript
    torchscript  deprecated since PyTorch 2.11 (.pt); for one that you save yourself, `signature_file` says what it takes

and without it the extension decides; a .pt2 is then compiled. The documentation of node-libtorch has a page for each.
"""

import collections
import contextlib
import copy
import inspect
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy
import torch
from torch.utils import _pytree as pytree

KEY = "NODE_LIBTORCH_SIGNATURE"  # as src/engines/aoti/written-spec.ts
NOTES = "node_libtorch.json"  # below extra/ in an archive; as src/model/notes.ts
SOURCES = re.compile(r"\.(cpp|h|cu)$|_flags\.json$")
SOURCE_CODE = re.compile(r"\.(cpp|h|cu)$")
BUILD_PATH = re.compile(rb"/(?:[\w.+@~-]+/)+(?=[\w.+-]+\.(?:h|hpp|c|cc|cpp)\0)")

# In sources that are kept: comments (the last one is the compiler's command line) and folders of included files.
SOURCE_PATH = re.compile(rb"(?m)^[ \t]*//.*$|/(?:[\w.+@~-]+/)+(?=[\w.+-]+\.(?:h|hpp|c|cc|cpp|py)\b)")

# Of a node of an exported program: where in which file it was written, and which nodes of other graphs it came from.
ORIGINS = ("stack_trace", "from_node")
A_PATH = re.compile(r"""(?:^|[\s"'=(,;])(?:file://)?(?:/[\w.+@~-]+){2,}|[A-Za-z]:\\\\?[\w.]+\\|[\w-]+\.py\b""")


class ExportFailed(Exception):
    """PyTorch cannot export the model; the message has PyTorch's words, and what usually helps."""


class CheckFailed(Exception):
    """The saved file does not answer as the model does, so it was not kept."""


@dataclass
class Request:
    """What is to be written: the arguments of `export`, in order."""

    model: torch.nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    dynamic_shapes: Any
    input_names: list[str] | None
    output_names: list[str] | None
    keep_sources: bool
    inductor_configs: dict[str, Any]
    notes: dict[str, Any]


def export(
    model: torch.nn.Module,
    args: tuple[Any, ...],
    *given: Any,
    path: str | Path | None = None,
    kwargs: dict[str, Any] | None = None,
    format: str | None = None,
    dynamic_shapes: Any = None,
    input_names: list[str] | None = None,
    output_names: list[str] | None = None,
    labels: list[str] | None = None,
    task: str | dict[str, Any] | None = None,
    check: bool = True,
    quiet: bool = False,
    keep_sources: bool = False,
    inductor_configs: dict[str, Any] | None = None,
) -> Path:
    """Writes `model` to `path`, as it answers in evaluation mode, and returns the path.

    `export(model, args, path)` and `export(model, args, kwargs, path=path)` both work.

    args, kwargs     an example of forward's arguments. Sizes that may vary must be larger than 1 in it
    format           export, aotinductor, onnx or torchscript; else .onnx and .pt say it, and a .pt2 is compiled by AOTInductor
    dynamic_shapes   as for torch.export.export: the sizes that may vary. All others are fixed (in TorchScript by the signature that is
                     written into the file; without dynamic_shapes it fixes none)
    input_names      names of the tensors, one each; else those of forward's parameters and of dicts' keys
    labels, task     what the classes are called, and what the model is for ("classification", or a dict as in a record of
                     node-libtorch's registry); `node-libtorch registry add` reads them out of the file
    check            loads the file again and compares its answers with the model's, for the example and for other sizes
    quiet            prints no notes
    keep_sources     keeps sources, compiler flags, debug information, stack traces and the example: they carry paths of this machine

    Raises ExportFailed with the usual cures, CheckFailed where answers differ. Nothing is left at `path` then, or what was there before.
    """
    for value in given:
        if isinstance(value, (str, os.PathLike)) and path is None:
            path = value
        elif (value is None or isinstance(value, dict)) and kwargs is None:
            kwargs = value
        else:
            raise TypeError(f"expected export(model, args, path, …); {type(value).__name__} is one argument too many")
    if path is None:
        raise TypeError("expected a path: export(model, args, path)")
    if isinstance(args, torch.Tensor):
        args = (args,)
    if not isinstance(args, tuple):
        raise TypeError(f"expected a tuple of forward's arguments, or one tensor, but received a {type(args).__name__}")
    path = Path(path)
    name = format_of(path, format)
    write, answer, suffixes = FORMATS[name]
    if path.suffix not in suffixes:
        raise ValueError(f"node-libtorch expects the format {name} with the extension {' or '.join(suffixes)}, not {path.suffix or 'none'}")
    say: Callable[[str], None] = (lambda text: None) if quiet else (lambda text: print(f"node-libtorch: {text}", file=sys.stderr))
    if name == "aotinductor" and format is None:
        say('a .pt2 is compiled for this kind of machine; format="export" writes the program itself, which runs on every machine')
    if not dynamic_shapes and name != "torchscript":
        say("every size is fixed to the example's; dynamic_shapes=({0: torch.export.Dim.AUTO}, …) lets the first one vary")
    args, kwargs = apart((args, kwargs or {}))
    request = Request(
        *(model, args, kwargs, dynamic_shapes, input_names, output_names, keep_sources),
        *(dict(inductor_configs or {}), notes_of(task, labels)),
    )
    with evaluation(model), tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as folder:
        file = Path(folder) / path.name
        program = guarded(write, request, file)
        if check:
            Check(request, program, lambda: answer(file), exact=name == "export").run(say)
        for made in Path(folder).iterdir():  # ONNX may have weights in a file of their own
            os.replace(made, path.parent / made.name)
    return path


def apart(value: Any) -> Any:
    """The same values without one tensor in two places: torch.export would make one input of both, and the other would change nothing."""
    seen: set[int] = set()

    def own(tensor: torch.Tensor) -> torch.Tensor:
        if id(tensor) in seen:
            return tensor.detach().clone().requires_grad_(tensor.requires_grad)
        seen.add(id(tensor))
        return tensor

    return pytree.tree_map_only(torch.Tensor, own, value)


def format_of(path: Path, name: str | None) -> str:
    if name is None:
        name = {".onnx": "onnx", ".pt": "torchscript", ".ts": "torchscript", ".pt2": "aotinductor"}.get(path.suffix)
        if name is None:
            raise ValueError(f"expected a path that ends with .pt2, .onnx or .pt, or a format, but received {path.name}")
    if name not in FORMATS:
        raise ValueError(f"expected a format of {', '.join(FORMATS)} but received {name!r}")
    return name


def notes_of(task: str | dict[str, Any] | None, labels: list[str] | None) -> dict[str, Any]:
    """What is written into the file for `registry add`: the task as a record has it."""
    found = {"type": task} if isinstance(task, str) else dict(task or {})
    if labels is not None:
        if not labels or not all(isinstance(label, str) for label in labels):
            raise TypeError("expected labels: texts, one for each class, in the order of the model's last dimension")
        found = {"type": "classification", **found, "labels": list(labels)}
    return {"version": 1, **({"task": found} if found else {})}


class evaluation:
    """The model in evaluation mode, and afterwards as it was: its mode, and its buffers, which forward may change."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.model = model

    def __enter__(self) -> None:
        self.modes = {module: module.training for module in self.model.modules()}
        self.values = {name: value.detach().clone() for name, value in self.model.named_buffers()}
        self.model.eval()

    def __exit__(self, *error: Any) -> None:
        restore(self.model, self.values)
        for module, mode in self.modes.items():
            module.training = mode


def restore(model: torch.nn.Module, values: dict[str, torch.Tensor]) -> None:
    with torch.no_grad():
        for name, value in model.named_buffers():
            if name in values and value.shape == values[name].shape and not torch.equal(value, values[name]):
                value.copy_(values[name])


# What PyTorch says, and what usually helps. The first that fits is taken; the order is from the particular to the general.
CURES = [
    (
        r"data-dependent|GuardOnDataDependent|Could not guard|Eq\(u\d+|[uz]uf?\d+ [<>=!]",
        "forward decides by the values of a tensor (an `if`, a loop, or a size out of `.item()` or `.nonzero()`). Write the branch with "
        "torch.cond(condition, true_function, false_function, operands) and the loop with torch._higher_order_ops.while_loop; state what "
        "holds of a number out of the data with torch._check(n >= 1) and torch._check(n <= 64)",
    ),
    (
        r"specialized it to be a constant|inferred to be a constant|Dim\.STATIC",
        "a size that dynamic_shapes lets vary is fixed by the model. Look for numbers of the example in forward (`view(2, …)` instead of "
        "`view(x.shape[0], …)`, `range(int(n))`), or take the size out of dynamic_shapes. Dim.AUTO lets PyTorch decide which sizes vary",
    ),
    (
        r"Suggested fixes|Constraints violated|do not satisfy|Not all values of",
        "the model takes fewer sizes than dynamic_shapes says. Take the suggested Dim (its min and max, or a size that is computed from "
        "another, such as 2 * batch), or Dim.AUTO, which takes the range that PyTorch finds",
    ),
    (
        r"dynamic_shapes|Expected .*dynamic shape|tree structure",
        "dynamic_shapes must be nested as the arguments are: one entry for each parameter of forward, by name in a dict or in order in a "
        "tuple, None for what is fixed: {\"x\": {0: batch}, \"flags\": None}",
    ),
    (
        r"fake impl|register_fake|fake tensor.*not supported|meta.*kernel|Meta' backend|DynamicOutputShapeException|is not registered|UnsupportedOperatorException",
        "a custom operator does not say what shapes it returns. Give it a torch.library.register_fake; node-libtorch calls the operator "
        "itself out of the library named by operatorLibraries",
    ),
    (
        r"\.numpy\(\)|NumPy|numpy\.ndarray|to_numpy|non-Tensor.*ndarray",
        "forward leaves PyTorch for NumPy. Write that part with operators of torch, or do it before the call",
    ),
    (
        r"assigned during export|mutat.*attribute|global|side effect|attribute .* was (?:assigned|mutated)",
        "forward changes something of Python's (an attribute, a list, a global). Keep state in a tensor: self.register_buffer(name, …), "
        "written to in place (self.count += 1), and return everything else",
    ),
    (
        r"SymBool|ConstantArgument|as_string|AssertionError: TODO|Unsupported.*output|is not a valid output|Unknown type|pytree",
        "forward takes or returns something that the file cannot hold. Arguments and results are tensors, ints, floats, bools and None, in "
        "tuples, lists and dicts; make a result a tensor, and register a class of your own with torch.export.register_dataclass",
    ),
    (
        r"ScriptModule|ScriptFunction|RecursiveScriptModule|torch\.jit",
        "a part of the model is TorchScript already. Export the nn.Module that it was made from",
    ),
    (r"bool value of Tensor|Boolean value of Tensor|control flow", "an `if` depends on a tensor: write it with torch.cond"),
    (
        r"onnxscript|No module named 'onnx",
        "the export to ONNX needs two more packages: pip install onnx onnxscript",
    ),
    (
        r"ONNX function|ONNX operator|ConversionError|dispatch.*onnx",
        "ONNX has no translation of an operator. format=\"export\" keeps every operator of PyTorch",
    ),
    (
        r"compiler|g\+\+|CppCompileError|clang",
        "the code does not compile here. AOTInductor needs a C++ compiler (apt-get install g++), or another one in the variable CXX; "
        "format=\"export\" needs none",
    ),
    (r"Expected all tensors to be on the same device|found at least two devices", "move the model and the example to one device"),
    (
        r"Unsupported|graph break|torch\._dynamo",
        "forward does something that PyTorch cannot follow (files, prints of tensors, generators, foreign libraries). Move it out of forward",
    ),
]


NOISE = re.compile(r"TORCH_LOGS|TORCHDYNAMO|docs\.google|The error above occurred|C\+\+ stack trace|The following call raised|^\s*Caused by")
PLACE = re.compile(r'File "([^"]+)", line (\d+), in')


def cure_of(message: str) -> str | None:
    return next((cure for pattern, cure in CURES if re.search(pattern, message)), None)


def guarded(write: Callable[[Request, Path], Any], request: Request, file: Path) -> Any:
    """Writes the file. PyTorch's error becomes one that says what usually helps."""
    try:
        return write(request, file)
    except (ExportFailed, ValueError, TypeError) as error:
        # Ours say what to do already, but for those that PyTorch raises as ValueError.
        if isinstance(error, ExportFailed) or not in_torch(error):
            raise
        raise failed(error) from error
    except Exception as error:
        raise failed(error) from error


def in_torch(error: BaseException) -> bool:
    frames, trace = [], error.__traceback__
    while trace:
        frames.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    return bool(frames) and frames[-1] != __file__


def failed(error: BaseException) -> ExportFailed:
    text = str(error).strip()
    cause = error.__cause__ or error.__context__
    cure = cure_of(f"{type(error).__name__}: {text}") or (cure_of(f"{type(cause).__name__}: {cause}") if cause else None)
    lines = [line for line in text.splitlines() if line.strip() and not NOISE.search(line)]
    said = "\n".join(f"    {line[:400]}" for line in lines[:10])
    places = [place for place in PLACE.findall(text) if "site-packages" not in place[0]]
    said += f"\n    at line {places[-1][1]} of {places[-1][0]}" if places else ""
    advice = cure or (
        "the whole report of PyTorch: torch.export.draft_export(model, args, kwargs, dynamic_shapes=…) lists all that stands in the way"
    )
    return ExportFailed(f"PyTorch cannot export this model. {type(error).__name__}:\n{said}\nWhat usually helps: {advice}.")


def program_of(request: Request) -> torch.export.ExportedProgram:
    """PyTorch prints the whole graph where it fails, thousands of lines. Warnings come out if it does not."""
    printed = io.StringIO()
    with contextlib.redirect_stderr(printed):
        program = torch.export.export(request.model, request.args, request.kwargs, dynamic_shapes=request.dynamic_shapes)
    print(printed.getvalue(), end="", file=sys.stderr)
    return program


def write_export(request: Request, file: Path) -> torch.export.ExportedProgram:
    program = program_of(request)
    check_labels(program, request.notes)
    dimensions = dimension_names(request.model, request.args, request.kwargs, request.dynamic_shapes)
    values = input_values(program)
    notes = {**request.notes, "symbols": {str(a): str(b) for a, b in symbol_names(values, dimensions, program.range_constraints).items()}}
    for key, names in (("inputs", request.input_names), ("outputs", request.output_names)):
        if names is not None:
            notes[key] = list(names)
    text = {NOTES: json.dumps(notes)}
    torch.export.save(program, file, extra_files=text)
    with zipfile.ZipFile(file) as archive:
        pickled = pickled_of(archive)
    if pickled:
        raise ExportFailed(
            f"PyTorch would pickle {', '.join(pickled)}: tensors of classes of their own, or custom objects. node-libtorch reads no pickle. "
            "Make them plain tensors (dequantize, or value.detach().clone() of a subclass) before the export"
        )
    if not request.keep_sources:
        strip_program(file)
    return program


def pickled_of(archive: zipfile.ZipFile) -> list[str]:
    """Names of weights and constants that are no raw bytes."""
    found = []
    for name in archive.namelist():
        if name.endswith("_config.json") and "/data/" in name:
            config = json.loads(archive.read(name))["config"]
            found += [key for key, value in config.items() if value.get("use_pickle")]
    return sorted(found)


def input_values(program: torch.export.ExportedProgram) -> list[Any]:
    """For each leaf of (args, kwargs) the placeholder's value, or what was fixed."""
    nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    return [
        nodes[given].meta["val"] if isinstance(given, str) and given in nodes else given
        for given in program.graph_signature.user_inputs
    ]


def check_labels(program: torch.export.ExportedProgram, notes: dict[str, Any]) -> None:
    """As many labels as the first result has classes, where its size is fixed."""
    labels = notes.get("task", {}).get("labels")
    final = next(node for node in program.graph.nodes if node.op == "output")
    results = final.args[0][-len(program.graph_signature.user_outputs) :]
    value = results[0].meta["val"] if results and isinstance(results[0], torch.fx.Node) else None
    size = value.shape[-1] if isinstance(value, torch.Tensor) and value.dim() > 0 else None
    if labels and isinstance(size, int) and size != len(labels):
        raise ValueError(f"expected {size} labels, one for each class of the first result, but received {len(labels)}")


def write_aotinductor(request: Request, file: Path) -> torch.export.ExportedProgram:
    configs = request.inductor_configs
    refuse_weights_outside(configs)
    program = program_of(request)
    check_labels(program, request.notes)
    names = dimension_names(request.model, request.args, request.kwargs, request.dynamic_shapes)
    signature = describe(program, request.model, request.input_names, request.output_names, names)
    metadata = {**configs.pop("aot_inductor.metadata", {}), KEY: json.dumps(signature)}
    torch._inductor.aoti_compile_and_package(
        program, package_path=str(file), inductor_configs={**configs, "aot_inductor.metadata": metadata}
    )
    if not request.keep_sources:
        strip(file)
    if "task" in request.notes:
        with zipfile.ZipFile(file, "a") as package:
            root = package.namelist()[0].split("/")[0]
            package.writestr(zipfile.ZipInfo(f"{root}/extra/{NOTES}"), json.dumps(request.notes))
    return program


def write_onnx(request: Request, file: Path) -> torch.export.ExportedProgram:
    program = program_of(request)
    check_labels(program, request.notes)
    results = program.graph_signature.user_outputs
    leaves = [re.sub(r"\W", "_", name) for name in output_leaf_names(program.call_spec.out_spec)]
    own = leaves if len(set(leaves)) == len(results) and all(isinstance(result, str) for result in results) else None
    names = {"input_names": request.input_names, "output_names": request.output_names or own}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.onnx.export(program, dynamo=True, verbose=False, **names)
    dimensions = dimension_names(request.model, request.args, request.kwargs, request.dynamic_shapes)
    renamed = symbol_names(input_values(program), dimensions, program.range_constraints)
    name_dimensions(made.model, {str(symbol): str(name) for symbol, name in renamed.items()})
    if not request.keep_sources:
        strip_onnx(made.model)
    if "task" in request.notes:
        made.model.metadata_props["node_libtorch"] = json.dumps(request.notes)
    size = sum(value.numel() * value.element_size() for value in request.model.state_dict().values())
    made.save(str(file), external_data=size > 1_500_000_000)
    return program


def name_dimensions(model: Any, names: dict[str, str]) -> None:
    """Sizes of an onnx_ir.Model by the names of their Dims, in the place of the program's symbols."""
    if not names:
        return
    symbol = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names))
    graph = model.graph
    values = {*graph.inputs, *(value for node in graph.all_nodes() for value in node.outputs)}
    for value in values:
        for axis, size in enumerate(value.shape or ()):
            if not isinstance(size, int) and size.value is not None:
                value.shape[axis] = symbol.sub(lambda found: names[found[0]], str(size.value))


def strip_onnx(model: Any) -> None:
    """Takes stack traces and Python's names out of the metadata of an onnx_ir.Model."""

    def clean(item: Any) -> None:
        for key in [key for key, value in item.metadata_props.items() if key.startswith("pkg.torch") or A_PATH.search(str(value))]:
            del item.metadata_props[key]

    clean(model)
    for graph in (model.graph, *model.functions.values()):
        clean(graph)
        for node in graph.all_nodes() if hasattr(graph, "all_nodes") else graph:
            clean(node)
            for value in node.outputs:
                clean(value)
        for value in (*graph.inputs, *getattr(graph, "initializers", {}).values()):
            clean(value)


def write_torchscript(request: Request, file: Path) -> None:
    warnings.warn("TorchScript is deprecated since PyTorch 2.11", DeprecationWarning, stacklevel=2)
    if request.input_names or request.output_names:
        raise ValueError("a TorchScript file holds no names of its own: leave out input_names and output_names")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            script = torch.jit.script(request.model)
        except Exception:  # what scripting cannot read, tracing may; the check finds what a trace has fixed
            bound = inspect.signature(request.model.forward).bind(*request.args, **request.kwargs)
            script = torch.jit.trace(copy.deepcopy(request.model), bound.args, check_trace=False)
        signature = script_signature(request, script)
        notes = {**request.notes, **({"signature": signature} if signature else {})}
        torch.jit.save(script, str(file), _extra_files={NOTES: json.dumps(notes)})
    if not request.keep_sources:
        rewrite(file, lambda name: not name.endswith(".debug_pkl"), lambda name, content: content)


def script_signature(request: Request, script: Any) -> dict[str, Any] | None:
    """What a scripted forward takes and returns, as the example shows it; None where it is called in another way."""
    bound = inspect.signature(request.model.forward).bind(*request.args, **request.kwargs)
    arguments = script.forward.schema.arguments[1:]  # 0 is self
    if len(arguments) < len(bound.args):
        return None
    leaves, spec = pytree.tree_flatten((request.args, request.kwargs))
    dimensions = dict(zip(map(id, leaves), dimensions_of(request.model, request.args, request.kwargs, request.dynamic_shapes)))
    inputs = []
    for index, argument in enumerate(arguments):
        value = bound.args[index] if index < len(bound.args) else bound.kwargs.get(argument.name)
        kind = argument.type.annotation_str
        known = {"type": kind} if kind != "Tensor" else {}
        if kind == "Tensor" and isinstance(value, torch.Tensor):
            known = {"dtype": dtype_name(value.dtype), **sizes_of(value, dimensions.get(id(value), {}), bool(request.dynamic_shapes))}
        inputs.append({"name": argument.name, **({"optional": True} if argument.has_default_value() else {}), **known})
    grown = [
        of_shape(leaf, [size + (axis in dimensions.get(id(leaf), {})) for axis, size in enumerate(leaf.shape)])
        if isinstance(leaf, torch.Tensor) else leaf
        for leaf in leaves
    ]
    calls = [(request.args, request.kwargs), pytree.tree_unflatten(grown, spec)]
    return {"inputs": inputs, "outputs": output_specs(request.model, calls if request.dynamic_shapes else calls[:1])}


def sizes_of(value: torch.Tensor, dimensions: dict[int, Any], are_known: bool) -> dict[str, Any]:
    """A tensor's shape: None for a size that may vary, with the name and the bounds of its Dim. TorchScript itself fixes none."""
    if not are_known:
        return {"shape": [None] * value.dim()}
    found: dict[str, Any] = {"shape": [None if axis in dimensions else size for axis, size in enumerate(value.shape)]}
    plain = {axis: dim for axis, dim in dimensions.items() if isinstance(dim, torch.export.Dim) and not hasattr(dim, "root")}
    if plain:
        limits = {axis: {"min": int(dim.min), "max": int(dim.max) if dim.max < 2**40 else None} for axis, dim in plain.items()}
        found["symbols"] = [plain[axis].__name__ if axis in plain else None for axis in range(value.dim())]
        found["bounds"] = [limits.get(axis) for axis in range(value.dim())]
    return found


def output_specs(model: torch.nn.Module, calls: list[tuple[tuple[Any, ...], dict[str, Any]]]) -> list[dict[str, Any]]:
    """Of a tensor or a tuple of them; a size that is the same in two calls of other sizes is taken to be fixed."""
    buffers = {name: value.detach().clone() for name, value in model.named_buffers()}
    try:
        answers = [model(*cloned(args), **cloned(kwargs)) for args, kwargs in calls]
    except Exception:
        return []
    finally:
        restore(model, buffers)  # the scripted module shares them
    results = [answer if isinstance(answer, tuple) else (answer,) for answer in answers]
    if not all(isinstance(value, torch.Tensor) for result in results for value in result):
        return []
    names = ["output"] if isinstance(answers[0], torch.Tensor) else [f"output_{index}" for index in range(len(results[0]))]
    outputs = []
    for name, values in zip(names, zip(*results)):
        first, last = values[0], values[-1]
        is_known = len(values) > 1 and first.dim() == last.dim()
        shape = [size if is_known and size == other else None for size, other in zip(first.shape, last.shape)]
        outputs.append({"name": name, "dtype": dtype_name(first.dtype), "shape": shape})
    return outputs


def signature_file(
    inputs: dict[str, Any], outputs: dict[str, Any] | None = None, *, task: str | dict[str, Any] | None = None, labels: list[str] | None = None
) -> dict[str, str]:
    """The `_extra_files` of torch.jit.save by which node-libtorch knows what forward takes and returns.

        model = torch.jit.script(net.eval())
        extra = signature_file({"image": ("float32", ["batch", 3, 224, 224], (0, 1))}, {"scores": ("float32", ["batch", 1000])})
        torch.jit.save(model, "model.pt", _extra_files=extra)

    inputs, outputs  by name, in the order of forward's arguments and results: (dtype, shape) or (dtype, shape, (least, greatest)).
                     A dtype is torch.float32 or "float32". A size is a number, None for any, or a name: sizes of one name are equal
                     in every call. A dict is taken as the specification itself, for an argument that is no tensor: {"type": "int"}
    task, labels     as those of `export`

    With files of your own: _extra_files={**signature_file(…), "classes.txt": text}.
    """
    signature = {"inputs": written_specs(inputs), "outputs": written_specs(outputs or {})}
    return {NOTES: json.dumps({**notes_of(task, labels), "signature": signature})}


def written_specs(specs: dict[str, Any]) -> list[dict[str, Any]]:
    if not isinstance(specs, dict):
        raise TypeError(f'expected a dict by name, such as {{"x": ("float32", [None, 4])}}, but received a {type(specs).__name__}')
    return [{"name": name, **(given if isinstance(given, dict) else written_spec(name, given))} for name, given in specs.items()]


def written_spec(name: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3) or not isinstance(given[1], (tuple, list, type(None))):
        raise TypeError(f"expected (dtype, shape) or (dtype, shape, (least, greatest)) for {name} but received {given!r}")
    dtype, shape, *rest = given
    spec: dict[str, Any] = {"dtype": dtype_name(dtype), "shape": shape and [size if isinstance(size, int) else None for size in shape]}
    if shape and any(isinstance(size, str) for size in shape):
        spec["symbols"] = [size if isinstance(size, str) else None for size in shape]
    if rest:
        least, greatest = rest[0]
        spec["range"] = [least, greatest]
    return spec


def dtype_name(dtype: Any) -> str | None:
    name = None if dtype is None else str(dtype).removeprefix("torch.")
    if name is not None and not isinstance(getattr(torch, name, None), torch.dtype):
        raise TypeError(f'expected a dtype, such as torch.float32 or "float32", but received {dtype!r}')
    return name


def answer_export(file: Path) -> Callable[..., Any]:
    return torch.export.load(file).module()


def answer_aotinductor(file: Path) -> Callable[..., Any]:
    return torch._inductor.aoti_load_package(str(file))


def answer_onnx(file: Path) -> Callable[..., Any] | None:
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]

    def run(*args: Any, **kwargs: Any) -> Any:
        leaves = [leaf for leaf in pytree.tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        return [torch.from_numpy(value) for value in session.run(None, dict(zip(names, (leaf.numpy() for leaf in leaves))))]

    return run


def answer_torchscript(file: Path) -> Callable[..., Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.load(str(file))


# THE TABLE of formats: what writes the file, what gives a function that answers as the file does, extensions.
FORMATS: dict[str, tuple[Callable[[Request, Path], Any], Callable[[Path], Any], tuple[str, ...]]] = {
    "export": (write_export, answer_export, (".pt2",)),
    "aotinductor": (write_aotinductor, answer_aotinductor, (".pt2",)),
    "onnx": (write_onnx, answer_onnx, (".onnx",)),
    "torchscript": (write_torchscript, answer_torchscript, (".pt", ".ts", ".pts", ".pth", ".torchscript")),
}

# How far an answer may be from the model's, of 1 plus the largest number in it. The same program gives the same bits.
TOLERANCES = {torch.float64: 1e-8, torch.float32: 2e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}


class Check:
    """Compares the answers of a file with those of the model: for the example, and for other sizes where some may vary."""

    def __init__(self, request: Request, program: Any, load: Callable[[], Any], *, exact: bool) -> None:
        self.request, self.program, self.load, self.exact = request, program, load, exact
        self.model = request.model
        self.buffers = {name: value.detach().clone() for name, value in self.model.named_buffers()}

    def run(self, say: Callable[[str], None]) -> None:
        run = self.load()
        if run is None:
            say("not checked against the model: pip install onnxruntime")
            return
        done = []
        for title, args, kwargs in self.calls():
            try:
                expected = self.expected(args, kwargs)
            except Exception as error:
                if title == "the example":
                    raise
                say(f"not checked with {title}: the model itself fails there ({str(error).splitlines()[0][:120]})")
                continue
            run = run or self.load()
            try:
                with torch.no_grad():
                    found = run(*cloned(args), **cloned(kwargs))
            except Exception as error:
                raise CheckFailed(f"the model answers with {title}, but the saved file fails: {str(error).strip()[:600]}") from error
            self.compare(title, expected, found, self.is_random(args, kwargs, expected))
            run = None if self.buffers else run  # each call meets the state of a fresh file
            done.append(title)
        say(f"checked against the model with {', '.join(done)}")

    def expected(self, args: tuple[Any, ...], kwargs: dict[str, Any], seed: int = 0) -> Any:
        restore(self.model, self.buffers)
        try:
            with torch.no_grad(), torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                return pytree.tree_map_only(torch.Tensor, torch.clone, self.model(*cloned(args), **cloned(kwargs)))
        finally:
            restore(self.model, self.buffers)

    def is_random(self, args: tuple[Any, ...], kwargs: dict[str, Any], expected: Any) -> bool:
        """Whether two runs differ: of random numbers only dtypes and shapes can be compared."""
        again = self.expected(args, kwargs, seed=1)
        pairs = zip(tensors(expected), tensors(again))
        return any(a.shape != b.shape or not torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)) for a, b in pairs)

    def compare(self, title: str, expected: Any, found: Any, is_random: bool) -> None:
        wanted, got = tensors(expected), tensors(found)
        if len(wanted) != len(got):
            raise CheckFailed(f"with {title} the model returns {len(wanted)} tensors and numbers, and the saved file {len(got)}")
        for index, (a, b) in enumerate(zip(wanted, got)):
            what = f"with {title}, result {index}"
            if a.shape != b.shape or (a.dtype != b.dtype and a.dim() > 0):
                raise CheckFailed(f"{what} is {a.dtype} {list(a.shape)} of the model, and {b.dtype} {list(b.shape)} of the saved file")
            if is_random or a.numel() == 0:
                continue
            a, b = a.cpu(), b.cpu().to(a.dtype)
            if not a.is_floating_point() and not a.is_complex():
                if not torch.equal(a, b):
                    raise CheckFailed(f"{what} differs in {int((a != b).sum())} of {a.numel()} elements")
                continue
            same = (a == b) | (a.isnan() & b.isnan())
            wide, other = a.double(), b.double()
            difference = torch.where(same, 0.0, (wide - other).abs()).nan_to_num(float("inf")).max().item()
            largest = wide[wide.isfinite()].abs().max().item() if wide.isfinite().any() else 0.0
            if difference > TOLERANCES.get(a.dtype, 2e-4) * (1 + largest):
                raise CheckFailed(
                    f"{what} differs by {difference:.3g}, where numbers are as large as {largest:.3g}. If forward decides by sizes or "
                    "values in Python, that decision was fixed with the example: see torch.cond, or give another example"
                )

    def calls(self) -> Iterator[tuple[str, tuple[Any, ...], dict[str, Any]]]:
        """The example; one with other sizes; one with the smallest."""
        yield "the example", self.request.args, self.request.kwargs
        if self.program is None:
            yield from self.traced()
            return
        seen = set()
        for sizes in self.sizes():
            key = str(sorted(sizes.items(), key=str))
            resized = self.resized(sizes) if sizes and key not in seen else None
            seen.add(key)
            if resized is not None:
                yield resized

    def traced(self) -> Iterator[tuple[str, tuple[Any, ...], dict[str, Any]]]:
        """Of TorchScript, which knows no sizes: those that dynamic_shapes names, one more each."""
        request = self.request
        leaves, spec = pytree.tree_flatten((request.args, request.kwargs))
        names = dimension_names(request.model, request.args, request.kwargs, request.dynamic_shapes)
        if any(names):
            for index, named in enumerate(names):
                if named:
                    leaves[index] = of_shape(leaves[index], [size + (axis in named) for axis, size in enumerate(leaves[index].shape)])
            args, kwargs = pytree.tree_unflatten(leaves, spec)
            shapes = ", ".join(str(list(leaf.shape)) for leaf in leaves if isinstance(leaf, torch.Tensor))
            yield f"sizes {shapes}", args, kwargs

    def sizes(self) -> list[dict[Any, int]]:
        """Values of the symbols: one more than the example's each (or less, at the largest), and the smallest."""
        other, least, free = {}, {}, set()
        for value in input_values(self.program):
            sizes = value.shape if isinstance(value, torch.Tensor) else [value]
            free |= {symbol for size in sizes if isinstance(size, torch.SymInt) for symbol in size.node.expr.free_symbols}
        for symbol in free:
            bound = self.program.range_constraints.get(symbol)
            hint = self.hint(symbol)
            if bound is None or hint is None:
                return []
            low, high = bounds(bound)
            other[symbol] = hint + 1 if high is None or hint < high else max(low, hint - 1)
            least[symbol] = max(low, 1)
        return [values for values in (other, least) if any(self.hint(symbol) != size for symbol, size in values.items())]

    def hint(self, symbol: Any) -> int | None:
        for value, leaf in zip(input_values(self.program), pytree.tree_leaves((self.request.args, self.request.kwargs))):
            sizes = value.shape if isinstance(value, torch.Tensor) else [value]
            given = leaf.shape if isinstance(leaf, torch.Tensor) else [leaf]
            for size, number in zip(sizes, given):
                if isinstance(size, torch.SymInt) and symbol in size.node.expr.free_symbols:
                    solved = sympy.solve(sympy.Eq(size.node.expr, int(number)), symbol)
                    if len(size.node.expr.free_symbols) == 1 and len(solved) == 1 and solved[0].is_integer:
                        return int(solved[0])
        return None

    def resized(self, sizes: dict[Any, int]) -> tuple[str, tuple[Any, ...], dict[str, Any]] | None:
        """The example with its elements repeated, or left out, so that it has these sizes."""
        leaves, spec = pytree.tree_flatten((self.request.args, self.request.kwargs))
        titles = []
        for index, value in enumerate(input_values(self.program)):
            if isinstance(value, torch.SymInt):
                leaves[index] = int(value.node.expr.xreplace(sizes))
                titles.append(str(leaves[index]))
            elif isinstance(value, torch.Tensor):
                shape = [size if isinstance(size, int) else int(size.node.expr.xreplace(sizes)) for size in value.shape]
                if min(shape, default=1) < 0 or (0 in leaves[index].shape and 0 not in shape):
                    return None
                leaves[index] = of_shape(leaves[index], shape)
                titles.append(str(shape))
        args, kwargs = pytree.tree_unflatten(leaves, spec)
        return f"sizes {', '.join(titles)}", args, kwargs


def of_shape(value: torch.Tensor, shape: list[int]) -> torch.Tensor:
    """Elements repeated from the start, or left out at the end."""
    for axis, size in enumerate(shape):
        if size != value.shape[axis]:
            order = torch.arange(size, device=value.device) % max(1, value.shape[axis])
            value = value.index_select(axis, order)
    return value


def tensors(value: Any) -> list[torch.Tensor]:
    """The leaves that can be compared; formats differ in whether a number comes out as one or as a tensor."""
    leaves = [leaf for leaf in pytree.tree_leaves(value) if isinstance(leaf, (torch.Tensor, bool, int, float))]
    return [leaf if isinstance(leaf, torch.Tensor) else torch.tensor(leaf) for leaf in leaves]


def cloned(value: Any) -> Any:
    return pytree.tree_map_only(torch.Tensor, torch.clone, value)


def describe(
    program: torch.export.ExportedProgram,
    model: torch.nn.Module | None = None,
    input_names: list[str] | None = None,
    output_names: list[str] | None = None,
    dimensions: list[dict[int, str]] | None = None,
) -> dict[str, Any]:
    """What node-libtorch has to know of an exported program: the value of the metadata's NODE_LIBTORCH_SIGNATURE.

    `dimensions` has the names of sizes that vary, for each leaf of the inputs by dimension (see dimension_names).
    """
    in_spec = program.call_spec.in_spec
    parameters = parameter_names(model, children(in_spec)[0].num_children if model else 0)
    leaves = leaf_names(in_spec, parameters)
    values = input_values(program)
    renamed = symbol_names(values, dimensions or [], program.range_constraints)
    inputs, constants = [], {}
    for index, (name, value) in enumerate(zip(leaves, values, strict=True)):
        if isinstance(value, torch.Tensor):
            inputs.append({"name": name, **tensor(value, renamed), "order": memory_order(value)})
        elif value is None or isinstance(value, (bool, int, float, str)):
            constants[index] = value
        else:
            raise TypeError(f"{name} is a {type(value).__name__}: only tensors may change from call to call")
    final = next(node for node in program.graph.nodes if node.op == "output")
    results = final.args[0][-len(program.graph_signature.user_outputs) :] if program.graph_signature.user_outputs else ()
    outputs = [
        {"name": name, **result(name, node.meta["val"] if isinstance(node, torch.fx.Node) else node, renamed)}
        for name, node in zip(output_leaf_names(program.call_spec.out_spec), results, strict=True)
    ]
    for specs, names in ((inputs, input_names), (outputs, output_names)):
        if names is not None:
            for spec, name in zip(specs, names, strict=True):
                spec["name"] = name
    mutates = written_state(program)
    return {
        "version": 1,
        "parameters": parameters,
        "symbols": {expression(symbol, renamed): bounds(found) for symbol, found in program.range_constraints.items()},
        "inputs": inputs,
        "outputs": outputs,
        "constants": constants,
        **({} if mutates is None else {"mutates": mutates}),
    }


def result(name: str, value: Any, renamed: dict[sympy.Symbol, sympy.Symbol]) -> dict[str, Any]:
    """What is known of one leaf of the results. Compiled code gives a tensor of rank 0 for an int, and nothing for None."""
    if isinstance(value, torch.Tensor):
        return tensor(value, renamed)
    if value is None:
        return {"type": "None"}
    if isinstance(value, torch.SymInt):
        return {"type": "int"}
    if isinstance(value, (bool, int)):
        return {"type": type(value).__name__, "value": value}
    raise TypeError(f"{name} is a {type(value).__name__}: return tensors, ints, bools and None only")


def written_state(program: torch.export.ExportedProgram) -> list[str] | None:
    """Buffers and parameters that forward changes; None where PyTorch cannot say, and node-libtorch has to find out by a run.

    They show only once the program has no in-place operators, and all are decomposed: instance_norm writes without saying so.
    """
    try:
        signature = program.run_decompositions().graph_signature
    except Exception:  # 2.15 stumbles over the guards of *args and **kwargs
        return None
    parameters = getattr(signature, "parameters_to_mutate", {})
    return sorted({*signature.buffers_to_mutate.values(), *parameters.values()})


def refuse_weights_outside(configs: dict[str, Any]) -> None:
    """Weights belong into the library: pickled ones are not read outside Python, and none at all end the process that runs it."""

    def setting(name: str) -> Any:
        return configs.get(f"aot_inductor.{name}", getattr(torch._inductor.config.aot_inductor, name, None))

    in_library, on_disk = setting("package_constants_in_so"), setting("package_constants_on_disk_format")
    if on_disk == "pickle_weights" or (in_library is False and on_disk != "binary_blob"):
        raise ValueError(
            f"aot_inductor.package_constants_in_so={in_library} with package_constants_on_disk_format={on_disk!r} leaves the weights "
            "out of the library, or pickles them; node-libtorch reads neither. Leave both settings as they are, or write "
            'package_constants_on_disk_format="binary_blob"'
        )


def strip(path: str | Path, sources: re.Pattern[str] = SOURCES) -> None:
    """Takes out of a package what only its maker needs: sources, compiler flags, debug information, paths."""
    path = Path(path)
    with zipfile.ZipFile(path) as package:
        entries = [(info.filename, package.read(info)) for info in package.infolist() if not sources.search(info.filename)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in entries:
            info = zipfile.ZipInfo(name)  # of a fixed date
            info.compress_type = zipfile.ZIP_DEFLATED if name.endswith((".so", ".cpp")) else zipfile.ZIP_STORED
            package.writestr(info, stripped(name, content))


def stripped(name: str, content: bytes) -> bytes:
    if name.endswith(".so"):
        return strip_library(content)
    return SOURCE_PATH.sub(b"", content) if SOURCE_CODE.search(name) else content  # never in weights


def strip_library(content: bytes) -> bytes:
    """Symbols and debug information go by binutils' strip; of the paths in messages the last part stays, in its place."""
    end = int.from_bytes(content[40:48], "little") + int.from_bytes(content[58:60], "little") * int.from_bytes(
        content[60:62], "little"
    )
    # Large weights lie behind the sections, and strip would drop them.
    if content[:5] == b"\x7fELF\x02" and end == len(content) and shutil.which("strip"):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "library.so"
            file.write_bytes(content)
            subprocess.run(["strip", "--strip-unneeded", str(file)], check=True)
            content = file.read_bytes()
    return BUILD_PATH.sub(lambda match: b"." * len(match[0]), content)


def strip_program(path: str | Path, extra: dict[str, str] | None = None) -> None:
    """Takes out of a file of torch.export.save what only its maker needs: stack traces, the example's values, an id.

    torch.export.load reads the file as before; its `example_inputs` are None. The same program gives the same bytes. Contents
    start at multiples of 64 bytes, so that a loader may map weights. `extra` is what is written below extra/, by name.
    """

    def change(name: str, content: bytes) -> bytes:
        if "/data/sample_inputs/" in name:
            return b""  # a pickle; PyTorch wants an entry of that name, and takes this for none
        return strip_graphs(content) if "/models/" in name and name.endswith(".json") else content

    rewrite(path, lambda name: True, change, extra)
    check_stripped(path)


def rewrite(
    path: str | Path, keep: Callable[[str], bool], change: Callable[[str, bytes], bytes], extra: dict[str, str] | None = None
) -> None:
    """An archive of PyTorch's again, with fixed dates and contents at multiples of 64 bytes, and without its id."""
    path = Path(path)
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if keep(name) and not name.endswith("/.data/serialization_id")]
        root = names[0].split("/")[0]
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".export-", delete=False) as made:
            try:
                with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as target:
                    for name in names:
                        add(target, name, change(name, archive.read(name)))
                    for name, content in (extra or {}).items():
                        add(target, f"{root}/extra/{name}", content.encode())
                made.close()
                os.chmod(made.name, os.stat(path).st_mode & 0o777)
                os.replace(made.name, path)
            except BaseException:
                os.unlink(made.name)
                raise


def add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name)
    info.external_attr = info.create_system = 0
    padding = -(archive.fp.tell() + 30 + len(name.encode()) + 4) % 64
    info.extra = b"FB" + padding.to_bytes(2, "little") + b"Z" * padding  # as PyTorch pads
    archive.writestr(info, content)


def strip_graphs(content: bytes) -> bytes:
    """The JSON of a program without the stack traces and origins of its nodes, and without metadata that holds a path."""

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, dict):
            metadata = value.get("metadata")
            if "target" in value and isinstance(metadata, dict):
                kept = {key: text for key, text in metadata.items() if key not in ORIGINS and not A_PATH.search(str(text))}
                value["metadata"] = kept
            for item in value.values():
                walk(item)

    program = json.loads(content)
    walk(program)
    return json.dumps(program, separators=(",", ":"), ensure_ascii=False).encode()


def check_stripped(path: str | Path) -> None:
    """Raises ValueError where a file of torch.export.save holds a stack trace, a path or the example's values."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename
            if "/data/sample_inputs/" in name and info.file_size > 0:
                raise ValueError(f"{path}: {name} has the values of the example")
            if not name.endswith(".json"):
                continue
            text = archive.read(info).decode()
            found = re.search(r'"stack_trace"', text) or A_PATH.search(text)
            if found:
                around = text[max(0, found.start() - 60) : found.end() + 60]
                raise ValueError(f"{path}: {name} holds a path or a stack trace: …{around}…")


def parameter_names(model: torch.nn.Module | None, count: int) -> list[str]:
    """Names of forward's first `count` positional parameters; those of *args are counted."""
    if model is None:
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = inspect.signature(model.forward).parameters.values()
    named = [parameter.name for parameter in found if parameter.kind in kinds][:count]
    rest = next((p.name for p in found if p.kind is inspect.Parameter.VAR_POSITIONAL), "input")
    return named + [f"{rest}{i}" for i in range(len(named), count)]


def leaf_names(in_spec: pytree.TreeSpec, parameters: list[str]) -> list[str]:
    args, kwargs = children(in_spec)
    names = [parameters[i] if i < len(parameters) else f"input{i}" for i in range(args.num_children)]
    pairs = [*zip(names, children(args)), *zip(kwargs.context or [], children(kwargs))]
    return [name for prefix, spec in pairs for name in paths(spec, prefix)]


def output_leaf_names(out_spec: pytree.TreeSpec) -> list[str]:
    return ["output"] if out_spec.is_leaf() else [name.removeprefix(".") for name in paths(out_spec, "")]


def children(spec: pytree.TreeSpec) -> list[pytree.TreeSpec]:
    """The name has changed between releases."""
    return spec.children() if hasattr(spec, "children") else spec.children_specs


def paths(spec: pytree.TreeSpec, prefix: str) -> list[str]:
    if spec.is_leaf():
        return [prefix]
    keys = spec.context if spec.type in (dict, collections.OrderedDict) else range(spec.num_children)
    return [name for key, child in zip(keys, children(spec)) for name in paths(child, f"{prefix}.{key}")]


def tensor(value: torch.Tensor, renamed: dict[sympy.Symbol, sympy.Symbol] | None = None) -> dict[str, Any]:
    return {
        "dtype": str(value.dtype).removeprefix("torch."),
        "shape": [size if isinstance(size, int) else expression(size.node.expr, renamed or {}) for size in value.shape],
    }


def expression(size: sympy.Expr, renamed: dict[sympy.Symbol, sympy.Symbol]) -> str:
    return str(size.xreplace(renamed))


def dimension_names(
    model: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], dynamic_shapes: Any
) -> list[dict[int, str]]:
    """For each leaf of (args, kwargs) the names of its Dims, by dimension."""
    return [
        {axis: getattr(dim, "root", dim).__name__ for axis, dim in dimensions.items() if isinstance(dim, torch.export.Dim)}
        for dimensions in dimensions_of(model, args, kwargs, dynamic_shapes)
    ]


def dimensions_of(
    model: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], dynamic_shapes: Any
) -> list[dict[int, Any]]:
    """For each leaf of (args, kwargs) what dynamic_shapes says of the dimensions that may vary."""
    if hasattr(dynamic_shapes, "dynamic_shapes"):  # a ShapesCollection
        dynamic_shapes = dynamic_shapes.dynamic_shapes(model, args, kwargs)
    found: dict[int, dict[int, Any]] = {}

    def walk(value: Any, shapes: Any) -> None:
        if shapes is None:
            return
        if isinstance(value, torch.Tensor):
            pairs = shapes.items() if isinstance(shapes, dict) else enumerate(shapes)
            free = {axis: dim for axis, dim in pairs if dim is not None and not isinstance(dim, int) and dim != torch.export.Dim.STATIC}
            found[id(value)] = {**found.get(id(value), {}), **free}
        elif isinstance(value, dict) and isinstance(shapes, dict):
            for key in value:
                walk(value[key], shapes.get(key))
        elif isinstance(value, (list, tuple)) and isinstance(shapes, (list, tuple)):
            for item, shape in zip(value, shapes):
                walk(item, shape)

    given = inspect.signature(model.forward).bind(*args, **kwargs).arguments
    walk(given, dynamic_shapes if isinstance(dynamic_shapes, dict) else dict(zip(given, dynamic_shapes or ())))
    return [found.get(id(leaf), {}) for leaf in pytree.tree_leaves((args, kwargs))]


def symbol_names(
    values: list[Any], dimensions: list[dict[int, str]], known: Any
) -> dict[sympy.Symbol, sympy.Symbol]:
    """The name of the Dim for each symbol that has exactly one. Two symbols never get one name: their sizes may differ."""
    names: dict[sympy.Symbol, set[str]] = {}
    for value, named in zip(values, dimensions):
        for axis, name in named.items():
            size = value.shape[axis]
            if not isinstance(size, int) and len(size.node.expr.free_symbols) == 1 and re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
                names.setdefault(next(iter(size.node.expr.free_symbols)), set()).add(name)
    counted = collections.Counter(name for found in names.values() for name in found)
    taken = {str(symbol) for symbol in known if symbol not in names}
    return {
        symbol: sympy.Symbol(next(iter(found)), integer=True)
        for symbol, found in names.items()
        if len(found) == 1 and counted[next(iter(found))] == 1 and not found & taken
    }


def memory_order(value: torch.Tensor) -> list[int]:
    """Dimensions from the slowest to the fastest in memory: compiled code reads elements where the example had them."""

    def hint(size: Any) -> int:
        return size if isinstance(size, int) else int(size.node.hint)

    sizes, strides = [hint(size) for size in value.shape], [hint(stride) for stride in value.stride()]
    order = sorted(range(len(sizes)), key=lambda axis: (-strides[axis], axis))
    expected = 1
    for axis in reversed(order):
        if sizes[axis] > 1 and strides[axis] != expected and 0 not in sizes:
            raise ValueError("an example has gaps or overlaps in memory; call .contiguous() on it")
        expected *= sizes[axis]
    return order


def bounds(found: Any) -> list[int | None]:
    """Of a symbol: [smallest, largest], the latter None where there is none."""
    upper = int(found.upper) if found.upper.is_finite and found.upper < 2**40 else None
    return [max(0, int(found.lower)), upper]
