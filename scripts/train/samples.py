"""Test fixtures: held-out digits that the model gets right, with PyTorch's logits; and all held-out digits."""

import io
from typing import Any

import numpy
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


def held_out(test: Split) -> tuple[bytes, bytes]:
    """All test digits as .npy, uint8 [n, 784] and their classes uint8 [n]. A pixel k is what the package rounds k / 255 to."""
    pixels = (test.inputs.double() * 255).round()
    assert torch.equal((pixels / 255 * 1000).round() / 1000, (test.inputs.double() * 1000).round() / 1000)
    return npy(pixels.to(torch.uint8).numpy()), npy(test.labels.to(torch.uint8).numpy())


def npy(array: numpy.ndarray[Any, Any]) -> bytes:
    content = io.BytesIO()
    numpy.save(content, array)
    return content.getvalue()
