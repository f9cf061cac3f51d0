"""What models like ours answer for training digits that they have not seen: what its confidences are worth.

The validation digits are too few for that, and the epoch was chosen by them. So the training digits are cut into five parts;
five models are trained as ours is, each without one part, and each answers for the part that it has not seen.
"""

from pathlib import Path

import numpy
import torch
from torch import Tensor

from data import Split
from fit import fit
from model import CLASSES, DigitMLP

PARTS = 5
SCORES = Path(__file__).parent / "cross-fit.npy"


def without(split: Split, rows: Tensor) -> Split:
    kept = torch.ones(len(split), dtype=torch.bool)
    kept[rows] = False
    return Split(split.inputs[kept], split.labels[kept])


def cross_fit(train: Split, validation: Split, seed: int) -> Tensor:
    """Logits for each training digit, float32 [n, 10], by the model that has not seen it. Takes as long as five trainings."""
    scores = torch.empty(len(train), CLASSES)
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))
    for part, rows in enumerate(order.chunk(PARTS)):
        print(f"part {part + 1} of {PARTS}", flush=True)
        torch.manual_seed(seed)
        model = DigitMLP()
        fit(model, without(train, rows), validation, torch.Generator().manual_seed(seed + part))
        with torch.inference_mode():
            scores[rows] = model.eval()(train.inputs[rows])
    return scores


def write_scores(scores: Tensor) -> None:
    """As float16, which is far finer than any bin of a confidence."""
    numpy.save(SCORES, scores.half().numpy())
