"""Tests of scripts/export/node_libtorch_export.py: bash scripts/python-beside.sh onnx -W ignore scripts/check/exporter.py"""

import contextlib
import io
import json
import re
import sys
import tempfile
import unittest
import warnings
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.export import Dim

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/export"))

import node_libtorch_export as exporter  # noqa: E402
from node_libtorch_export import CheckFailed, ExportFailed, check_stripped, export, signature_file  # noqa: E402

FORMATS = {"export": "m.pt2", "onnx": "m.onnx", "torchscript": "m.pt"}  # AOTInductor compiles for seconds: once, below
ROWS = ({0: Dim("batch", min=1, max=64)},)
HERE = re.compile(rb"/root/|/home/|/tmp/|site-packages|exporter\.py")


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Branch(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if x.sum() > 0 else x - 1


class FixedRows(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.view(2, 4) * 1


class Traced(nn.Module):
    """torch.jit.script refuses it, and a trace of it is right for the example's number of rows alone."""

    def forward(self, *xs: Tensor) -> Tensor:
        x = xs[0]
        return x + torch.arange(int(x.shape[0]) * 4).view(-1, 4)


class Numbers(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.tensor(x.numpy())


class Custom(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.exporter_test.plain(x)


class SizeResult(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, bool]:
        return x, x.shape[0] % 2 == 0


class Item(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros(int(x.max()))


class Object(nn.Module):
    def forward(self, x: Tensor) -> Any:
        return object()


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("runs", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        return x + self.runs


class Noise(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.rand_like(x)


class Nested(nn.Module):
    def forward(self, pair: dict[str, Tensor], count: int, *, scale: Tensor) -> dict[str, Any]:
        return {"sum": (pair["a"] + pair["b"]) * scale, "size": pair["a"].shape[0] * count}


class Exporter(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.said = self.enterContext(contextlib.redirect_stderr(io.StringIO()))
        torch.manual_seed(0)

    def write(self, model: nn.Module, *args: Any, name: str = "m.pt2", **options: Any) -> Path:
        path = export(model, args, self.folder / name, **{"format": None if name != "m.pt2" else "export", **options})
        self.assertEqual([file.name for file in self.folder.iterdir()], [name])
        return path

    def fails(self, cure: str, model: nn.Module, *args: Any, **options: Any) -> str:
        with self.assertRaises(ExportFailed) as caught:
            export(model, args, self.folder / "m.pt2", format="export", **options)
        self.assertRegex(str(caught.exception), cure)
        self.assertEqual(list(self.folder.iterdir()), [])
        return str(caught.exception)

    def test_every_format_is_checked_and_says_nothing_of_this_machine(self) -> None:
        for kind, name in FORMATS.items():
            with self.subTest(kind):
                path = export(Mlp(), (torch.rand(2, 4),), self.folder / name, dynamic_shapes=ROWS, format=kind, labels=["a", "b", "c"])
                content = path.read_bytes()
                if name == "m.onnx":
                    self.assertIn(b"node_libtorch", content)
                    self.assertIsNone(HERE.search(content))
                    continue
                with zipfile.ZipFile(path) as archive:
                    for entry in archive.namelist():
                        self.assertIsNone(HERE.search(archive.read(entry)), entry)
                    notes = json.loads(archive.read("m/extra/node_libtorch.json"))
                self.assertEqual(notes["task"], {"type": "classification", "labels": ["a", "b", "c"]})
        self.assertIn("sizes [3, 4], sizes [1, 4]", self.said.getvalue())

    def test_a_compiled_package_keeps_its_call_and_extension(self) -> None:
        path = export(Mlp(), (torch.rand(2, 4),), {}, path=self.folder / "m.pt2", dynamic_shapes={"x": ROWS[0]}, task="embedding")
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
            notes = next(json.loads(package.read(name)) for name in names if name.endswith("extra/node_libtorch.json"))
        self.assertTrue(any(name.endswith(".so") for name in names))
        self.assertEqual(notes["task"], {"type": "embedding"})
        self.assertRegex(self.said.getvalue(), r'format="export" writes the program itself[\s\S]*checked .*\[3, 4\]')

    def test_what_torch_export_load_reads(self) -> None:
        model = Mlp()
        path = self.write(model, torch.rand(2, 4), dynamic_shapes=ROWS, input_names=["pixels"])
        extra = {exporter.NOTES: ""}
        program = torch.export.load(path, extra_files=extra)
        x = torch.rand(5, 4)
        self.assertTrue(torch.equal(program.module()(x), model.eval()(x)))
        self.assertIsNone(program.example_inputs)
        notes = json.loads(extra[exporter.NOTES])
        self.assertEqual((list(notes["symbols"].values()), notes["inputs"]), (["batch"], ["pixels"]))

    def test_the_same_program_gives_the_same_bytes(self) -> None:
        model, x = Mlp(), torch.rand(2, 4)
        first = self.write(model, x).read_bytes()
        self.assertEqual(first, self.write(model, x).read_bytes())

    def test_sources_are_kept_where_they_are_asked_for(self) -> None:
        path = self.write(Mlp(), torch.rand(2, 4), keep_sources=True)
        with self.assertRaisesRegex(ValueError, "path|stack trace|example"):
            check_stripped(path)

    def test_the_model_stays_as_it_was(self) -> None:
        model = Counter().train()
        self.write(model, torch.rand(3))
        self.assertEqual((model.training, model.runs.item()), (True, 0))
        self.assertIn("checked", self.said.getvalue())

    def test_nested_arguments_and_whole_numbers_that_vary(self) -> None:
        pair = {"a": torch.rand(2, 3), "b": torch.rand(2, 3)}
        shapes = {"pair": {"a": ROWS[0], "b": ROWS[0]}, "count": Dim.DYNAMIC, "scale": None}
        self.write(Nested(), pair, 4, kwargs={"scale": torch.rand(3)}, dynamic_shapes=shapes)
        self.assertRegex(self.said.getvalue(), r"sizes \[3, 3\], \[3, 3\], 5, \[3\]")

    def test_one_tensor_as_two_arguments_is_two_inputs(self) -> None:
        class Weighted(nn.Module):
            def forward(self, values: torch.Tensor, *, weights: torch.Tensor) -> torch.Tensor:
                return values * 10 + weights

        same = torch.ones(2, 3)
        values, weights = torch.rand(2, 3), torch.rand(2, 3)
        export(Weighted(), (same,), self.folder / "two.pt2", format="export", kwargs={"weights": same}, quiet=True)
        module = torch.export.load(self.folder / "two.pt2").module()
        torch.testing.assert_close(module(values, weights=weights), values * 10 + weights)

    def test_random_numbers_are_no_difference(self) -> None:
        self.write(Noise(), torch.rand(3))
        self.assertIn("checked", self.said.getvalue())

    def test_a_file_that_answers_otherwise_is_not_kept(self) -> None:
        write, answer, suffixes = exporter.FORMATS["export"]

        def other(request: exporter.Request, file: Path) -> Any:
            program = write(request, file)
            with torch.no_grad():
                request.model.layers[0].weight[0, 0] += 1
            return program

        # The file has other weights than the model.
        with mock.patch.dict(exporter.FORMATS, {"export": (other, answer, suffixes)}), self.assertRaisesRegex(CheckFailed, "differs by"):
            export(Mlp(), (torch.rand(2, 4),), self.folder / "m.pt2", format="export")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_trace_that_fixed_a_size_is_not_kept(self) -> None:
        with self.assertRaisesRegex(CheckFailed, r"sizes \[3, 4\]"):
            export(Traced(), (torch.rand(2, 4),), self.folder / "m.pt", dynamic_shapes=(ROWS,))
        self.assertEqual(list(self.folder.iterdir()), [])
        export(Traced(), (torch.rand(2, 4),), self.folder / "m.pt")

    def test_cures(self) -> None:
        torch.library.define("exporter_test::plain", "(Tensor x) -> Tensor")
        torch.library.impl("exporter_test::plain", "cpu")(lambda x: x + 1)
        x = torch.rand(2, 4)
        self.assertRegex(self.fails(r"torch\.cond", Branch(), x), r"exporter\.py")
        self.assertNotIn("def forward(", self.said.getvalue())
        self.fails(r"torch\._check", Item(), torch.tensor([2, 3]))
        self.fails(r"numbers of the example.*Dim\.AUTO", FixedRows(), x, dynamic_shapes=ROWS)
        self.fails(r"operators of torch", Numbers(), x)
        self.fails(r"register_fake.*operatorLibraries", Custom(), x)
        self.fails(r"cannot hold", SizeResult(), x, dynamic_shapes=ROWS)
        self.fails(r"cannot hold", Object(), x)
        self.fails(r"nested as the arguments", Mlp(), x, dynamic_shapes={"y": ROWS[0]})
        self.fails(r"already.*nn\.Module", torch.jit.script(Mlp()), x)

    def signature_in(self, path: Path) -> Any:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("m/extra/node_libtorch.json")).get("signature")

    def test_a_torchscript_file_says_what_it_takes(self) -> None:
        path = self.write(Mlp(), torch.rand(2, 4), name="m.pt", dynamic_shapes=ROWS)
        batch = {"symbols": ["batch", None], "bounds": [{"min": 1, "max": 64}, None]}
        self.assertEqual(
            self.signature_in(path),
            {
                "inputs": [{"name": "x", "dtype": "float32", "shape": [None, 4], **batch}],
                "outputs": [{"name": "output", "dtype": "float32", "shape": [None, 3]}],
            },
        )
        path = self.write(Mlp(), torch.rand(2, 4), name="m.pt")  # it fixes no size, and nobody said one
        self.assertEqual([spec["shape"] for spec in self.signature_in(path)["inputs"]], [[None, None]])

    def test_what_is_no_tensor_is_said_by_its_type(self) -> None:
        class Scaled(nn.Module):
            def forward(self, x: Tensor, scale: int, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
                return x * scale, x.sum(1)

        signature = self.signature_in(self.write(Scaled(), torch.rand(2, 4).half(), 3, name="m.pt", dynamic_shapes=({0: Dim.AUTO}, None)))
        self.assertEqual(
            signature["inputs"],
            [
                {"name": "x", "dtype": "float16", "shape": [None, 4]},
                {"name": "scale", "type": "int"},
                {"name": "mask", "optional": True, "type": "Optional[Tensor]"},
            ],
        )
        self.assertEqual([spec["shape"] for spec in signature["outputs"]], [[None, 4], [None]])

    def test_asking_a_model_for_its_results_leaves_its_state_alone(self) -> None:
        path = self.write(Counter(), torch.rand(2, 4), name="m.pt", dynamic_shapes=ROWS)
        self.assertEqual(torch.jit.load(str(path))(torch.zeros(1, 4))[0, 0].item(), 1)

    def test_the_extra_file_of_a_signature(self) -> None:
        extra = signature_file(
            {"image": (torch.float32, ["batch", 3, None], (0, 1)), "size": {"type": "int"}}, {"scores": ("float32", None)}, labels=["a", "b"]
        )
        self.assertEqual(
            json.loads(extra["node_libtorch.json"]),
            {
                "version": 1,
                "task": {"type": "classification", "labels": ["a", "b"]},
                "signature": {
                    "inputs": [
                        {"name": "image", "dtype": "float32", "shape": [None, 3, None], "symbols": ["batch", None, None], "range": [0, 1]},
                        {"name": "size", "type": "int"},
                    ],
                    "outputs": [{"name": "scores", "dtype": "float32", "shape": None}],
                },
            },
        )
        for said, given in (("by name", [1]), (r"\(dtype, shape\)", {"x": 3}), ("a dtype", {"x": ("floot", [1])})):
            with self.subTest(said), self.assertRaisesRegex(TypeError, said):
                signature_file(given)

    def test_wrong_calls(self) -> None:
        x = torch.rand(2, 4)
        for expected, call in (
            ("path", lambda: export(Mlp(), (x,))),
            ("tuple", lambda: export(Mlp(), {"x": x}, self.folder / "m.pt2")),
            (r"\.pt2", lambda: export(Mlp(), x, self.folder / "m.bin")),
            (r"extension \.onnx", lambda: export(Mlp(), x, self.folder / "m.pt2", format="onnx")),
            ("export, aotinductor, onnx, torchscript", lambda: export(Mlp(), x, self.folder / "m.pt2", format="coreml")),
            ("3 labels", lambda: export(Mlp(), x, self.folder / "m.pt2", format="export", labels=["a"])),
            ("texts", lambda: export(Mlp(), x, self.folder / "m.pt2", format="export", labels=[1, 2, 3])),
            ("too many", lambda: export(Mlp(), x, "a.pt2", "b.pt2")),
        ):
            with self.subTest(expected), self.assertRaisesRegex((TypeError, ValueError), expected):
                call()
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_file_that_was_there_outlives_a_failure(self) -> None:
        (self.folder / "m.pt2").write_text("old")
        with self.assertRaises(ExportFailed):
            export(Branch(), (torch.rand(3),), self.folder / "m.pt2", format="export")
        self.assertEqual((self.folder / "m.pt2").read_text(), "old")

    def test_the_guide_runs_as_printed(self) -> None:
        text = (ROOT / "docs/torchscript-is-deprecated.md").read_text()
        blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        self.assertGreater(len(blocks), 3)
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            exec(compile("\n".join(blocks), "guide", "exec"), {"__name__": "guide"})
        made = {"animals.pt2", "animals-compiled.pt2", "animals.onnx", "animals.pt", "scaled.pt2", "converted.pt2"}
        self.assertEqual({file.name for file in self.folder.iterdir()}, made)


if __name__ == "__main__":
    unittest.main()
