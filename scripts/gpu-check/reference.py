"""What PyTorch itself answers and how fast it is: reference.json and raw float32 files beside the models.

    reference.py FOLDER cuda|cpu SECONDS
"""
import json
import pathlib
import sys
import time

import torch

SHAPES = {"mnist-mlp": (784,), "resnet18": (3, 224, 224), "transformer-t32": (128,)}
PARITY_ROWS = 8
BATCHES = (1, 32)


def precisions(device: str) -> list[str]:
    return ["auto", "fp16", "bf16"] if device == "cuda" else ["auto"]


def load(path: pathlib.Path, device: str, precision: str) -> torch.jit.ScriptModule:
    dtype = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(precision)
    module = torch.jit.load(str(path), map_location=device).eval()
    return torch.jit.freeze(module.to(dtype) if dtype else module)


def throughput(module: torch.jit.ScriptModule, x: torch.Tensor, device: str, dtype: torch.dtype, seconds: float) -> dict:
    """Runs with the copies to the device and back, as a server has them."""
    for _ in range(5):
        module(x.to(device, dtype)).float().cpu()
    times = []
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        module(x.to(device, dtype)).float().cpu()
        times.append(time.perf_counter() - begun)
    times.sort()
    return {"rowsPerSecond": len(times) * len(x) / sum(times), "p50Ms": times[len(times) // 2] * 1000}


def main() -> None:
    folder, device, seconds = pathlib.Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    torch.set_num_threads(1)
    found = []
    with torch.inference_mode():
        for name, shape in SHAPES.items():
            torch.manual_seed(7)
            x = torch.rand(PARITY_ROWS, *shape)
            x.numpy().tofile(folder / f"{name}.input")
            exact = load(folder / f"{name}.pt", "cpu", "auto")(x)
            for precision in precisions(device):
                module = load(folder / f"{name}.pt", device, precision)
                dtype = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(precision, torch.float32)
                y = module(x.to(device, dtype)).float().cpu()
                y.numpy().tofile(folder / f"{name}.{precision}.output")
                measured = {str(n): throughput(module, torch.rand(n, *shape), device, dtype, seconds) for n in BATCHES}
                error = ((y - exact).abs().max() / exact.abs().max()).item()
                found.append(
                    {"model": name, "shape": shape, "precision": precision, "errorToCpu": error, "throughput": measured}
                )
                print(name, precision, measured, file=sys.stderr)
    gpu = torch.cuda.get_device_name(0) if device == "cuda" else None
    record = {"torch": torch.__version__, "cuda": torch.version.cuda, "gpu": gpu, "device": device, "cases": found}
    (folder / "reference.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main()
