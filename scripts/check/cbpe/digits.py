"""Writes the digits that cbpe.mjs needs into a folder: held-out ones, test ones, and the test ones spoilt in many ways.

    digits.py FOLDER

Each set is `<name>.f32` (float32 [n, 784], in [0, 1] unless noise is not clipped) beside `labels-<part>.json`.
"""

import json
import math
import os
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "train"))

from data import fetch_tarball, load_digits, split_digits  # noqa: E402

SEED = 20261122  # of scripts/train/train.py: the same split
SIDE = 28


def moved(images: Tensor, turn: float = 0, right: float = 0, down: float = 0, size: float = 1) -> Tensor:
    """Copies turned by degrees, moved by pixels and scaled."""
    angle = math.radians(turn)
    cos, sin = math.cos(angle) / size, math.sin(angle) / size
    affine = torch.tensor([[cos, -sin, -right * 2 / SIDE], [sin, cos, -down * 2 / SIDE]]).repeat(len(images), 1, 1)
    grid = nn.functional.affine_grid(affine, [len(images), 1, SIDE, SIDE], align_corners=False)
    squares = images.view(-1, 1, SIDE, SIDE)
    return nn.functional.grid_sample(squares, grid, align_corners=False).view(len(images), -1).clamp(0, 1)


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur over 9 by 9 pixels."""
    line = torch.exp(-(torch.arange(-4, 5) ** 2) / (2 * sigma**2))
    kernel = torch.outer(line, line) / line.sum() ** 2
    squares = images.view(-1, 1, SIDE, SIDE)
    return nn.functional.conv2d(squares, kernel.view(1, 1, 9, 9), padding=4).view(len(images), -1)


def spoilt(images: Tensor, random: torch.Generator) -> dict[str, Tensor]:
    """What may happen to digits on their way to a model, by name."""
    noise = torch.randn(images.shape, generator=random)
    chance = torch.rand(images.shape, generator=random)
    covered = images.view(-1, SIDE, SIDE).clone()
    covered[:, 10:16, 10:16] = 0
    sets = {"inverted": 1 - images, "covered": covered.view(len(images), -1)}
    sets |= {f"noise {s}": (images + s * noise).clamp(0, 1) for s in (0.05, 0.1, 0.2, 0.3, 0.5)}
    sets |= {f"noise {s} unclipped": images + s * noise for s in (0.1, 0.3)}
    sets |= {f"pepper {s}": torch.where(chance < s, (chance < s / 2).float(), images) for s in (0.02, 0.1)}
    sets |= {f"blur {s}": blurred(images, s) for s in (0.5, 0.8, 1.0, 1.5, 2.0)}
    sets |= {f"right {s}": moved(images, right=s) for s in (1, 2, 3, 4, 6)}
    sets |= {f"down {s}": moved(images, down=s) for s in (1, 2, 3, 4)}
    sets |= {f"turned {s}": moved(images, turn=s) for s in (-20, 5, 10, 15, 20, 25, 30, 45, 90, 180)}
    sets |= {f"size {s}": moved(images, size=s) for s in (0.7, 0.85, 1.15, 1.3)}
    sets |= {f"dim {s}": images * s for s in (0.8, 0.5, 0.2)}
    return sets


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    tarball = fetch_tarball(Path(os.environ["NODE_LIBTORCH_CACHE"]) / "datasets")
    # The generator of scripts/train/train.py, which splits before it does anything else.
    train, validation, test = split_digits(load_digits(tarball), torch.Generator().manual_seed(SEED))
    sets = {"train": train.inputs, "validation": validation.inputs, "test": test.inputs}
    sets |= spoilt(test.inputs, torch.Generator().manual_seed(1))
    for name, inputs in sets.items():
        (folder / f"{name}.f32").write_bytes(inputs.contiguous().float().numpy().tobytes())
    for name, split in {"train": train, "validation": validation, "test": test}.items():
        (folder / f"labels-{name}.json").write_text(json.dumps(split.labels.tolist()))


if __name__ == "__main__":
    main()
