"""The models of benchmarks/four-ways.mjs, each in four formats as the exporter writes them, with the seconds that took.

    bash scripts/python-beside.sh onnx -W ignore scripts/bench/four_ways.py FOLDER [MODEL...]

A second run writes only what is not there yet.
"""

import json
import sys
import time
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "export")]

from make_models import MODELS  # noqa: E402
from node_libtorch_export import export  # noqa: E402

WAYS = {"export": "pt2", "aotinductor": "pt2", "onnx": "onnx", "torchscript": "pt"}


def mlp() -> nn.Module:
    """The network of the digit model."""
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.backends.mha.set_fastpath_enabled(False)
    known = {"mlp": (mlp, (784,)), **MODELS}
    batch = torch.export.Dim("batch", min=1, max=64)
    for name in sys.argv[2:] or known:
        make, shape = known[name]
        for way, extension in WAYS.items():
            path = folder / f"{name}-{way}.{extension}"
            told = path.with_suffix(path.suffix + ".json")
            if told.exists():
                continue
            torch.manual_seed(20261122)
            model = make().eval()
            # A transformer's layers are copies of one. Freezing TorchScript would keep one of them, which then fits into the cache.
            for weight in model.parameters():
                if weight.dim() > 1:
                    nn.init.kaiming_uniform_(weight, a=5**0.5)
            start = time.perf_counter()
            export(model, (torch.rand(2, *shape),), path, format=way, dynamic_shapes=({0: batch},), check=False, quiet=True)
            told.write_text(json.dumps({"exportSeconds": round(time.perf_counter() - start, 2)}))
            print(path.name, file=sys.stderr)


if __name__ == "__main__":
    main()
