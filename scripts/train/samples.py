"""Test fixtures: held-out digits that the model gets right, with PyTorch's logits."""

from typing import Any

import torch
from torch import Tensor, nn

from data import Split
from model import CLASSES


def shortest(values: Tensor) -> list[float]:
    """float32 [n] as the shortest decimals that read back as the same float32."""
    return [float(str(value)) for value in values.numpy()]


@torch.inference_mode()
def digit_samples(model: nn.Module, test: Split) -> list[dict[str, Any]]:
    """One digit a class, the first of the test set that is classified correctly; each run as a batch of one."""
    predicted = model(test.inputs).argmax(1)
    samples = []
    for label in range(CLASSES):
        index = int(((test.labels == label) & (predicted == label)).nonzero()[0])
        row = test.inputs[index]
        samples.append({"label": label, "input": shortest(row), "logits": shortest(model(row[None])[0])})
    return samples
