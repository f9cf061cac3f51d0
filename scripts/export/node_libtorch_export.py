"""Exports a model as an AOTInductor package (.pt2) that says what its inputs are. One file, needing PyTorch alone: copy it.

    from node_libtorch_export import export
    batch = torch.export.Dim("batch", min=1, max=64)
    export(model, (torch.rand(2, 784),), path="model.pt2", dynamic_shapes={"x": {0: batch}})

Compiled code checks none of its inputs, and a plain package names neither their dtypes nor their shapes. `export` writes
both into the package's metadata, with the ranges of sizes, the buffers that forward changes and the values that are no
tensors. node-libtorch reads them there; other readers of packages ignore them.
"""

import collections
import inspect
import json
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import sympy
import torch
from torch.utils import _pytree as pytree

KEY = "NODE_LIBTORCH_SIGNATURE"  # as src/engines/aoti/written-spec.ts
SOURCES = re.compile(r"\.(cpp|h|cu)$|_flags\.json$")
SOURCE_CODE = re.compile(r"\.(cpp|h|cu)$")
BUILD_PATH = re.compile(rb"/(?:[\w.+@~-]+/)+(?=[\w.+-]+\.(?:h|hpp|c|cc|cpp)\0)")

# In sources that are kept: comments (the last one is the compiler's command line) and folders of included files.
SOURCE_PATH = re.compile(rb"(?m)^[ \t]*//.*$|/(?:[\w.+@~-]+/)+(?=[\w.+-]+\.(?:h|hpp|c|cc|cpp|py)\b)")


def export(
    model: torch.nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    *,
    path: str | Path,
    dynamic_shapes: Any = None,
    input_names: list[str] | None = None,
    output_names: list[str] | None = None,
    keep_sources: bool = False,
    inductor_configs: dict[str, Any] | None = None,
) -> Path:
    """Compiles `model` for the shapes of its example arguments and writes the package to `path`.

    Examples of dimensions that may vary must be larger than 1, or PyTorch compiles for exactly 1. Names are those of
    forward's parameters and of dicts' keys, unless others are given, one a tensor. Sources, compiler flags and debug
    information are left out: they carry paths of this machine.
    """
    configs = dict(inductor_configs or {})
    refuse_weights_outside(configs)
    model = model.eval()
    program = torch.export.export(model, args, kwargs, dynamic_shapes=dynamic_shapes)
    names = dimension_names(model, args, kwargs or {}, dynamic_shapes)
    signature = describe(program, model, input_names, output_names, names)
    metadata = {**configs.pop("aot_inductor.metadata", {}), KEY: json.dumps(signature)}
    path = Path(path)
    torch._inductor.aoti_compile_and_package(
        program, package_path=str(path), inductor_configs={**configs, "aot_inductor.metadata": metadata}
    )
    if not keep_sources:
        strip(path)
    return path


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
    nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    in_spec = program.call_spec.in_spec
    parameters = parameter_names(model, children(in_spec)[0].num_children if model else 0)
    leaves = leaf_names(in_spec, parameters)
    values = [
        nodes[given].meta["val"] if isinstance(given, str) and given in nodes else given
        for given in program.graph_signature.user_inputs
    ]
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
    """The name of the attribute has changed between releases."""
    return spec.children_specs if hasattr(spec, "children_specs") else spec.children_spec


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
    if hasattr(dynamic_shapes, "dynamic_shapes"):  # a ShapesCollection
        dynamic_shapes = dynamic_shapes.dynamic_shapes(model, args, kwargs)
    found: dict[int, dict[int, str]] = {}

    def walk(value: Any, shapes: Any) -> None:
        if shapes is None:
            return
        if isinstance(value, torch.Tensor):
            pairs = shapes.items() if isinstance(shapes, dict) else enumerate(shapes)
            named = {axis: getattr(dim, "root", dim).__name__ for axis, dim in pairs if isinstance(dim, torch.export.Dim)}
            found[id(value)] = {**found.get(id(value), {}), **named}
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
