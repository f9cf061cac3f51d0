"""What training knows of a model: the members of its registry record that `registry add` cannot find out."""

import hashlib
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from data import PACKAGE, TARBALL_SHA256, Split
from fit import (
    BATCH_SIZE,
    EPOCHS,
    LEARNING_RATE,
    MAX_SCALE,
    MAX_SHIFT_PIXELS,
    MAX_TURN_DEGREES,
    OPTIMIZER,
    SIDE,
    Evaluation,
)
from model import CLASSES, FEATURES
from texts import texts

NAME, VERSION = "mnist-mlp", "v1.0"
COMMAND = "bash scripts/train/run.sh"
DIGITS = 6  # decimal places kept of a measured number


@dataclass
class Run:
    """Everything one training run produced; `artifact` is the content of the model file."""

    seed: int
    epoch: int  # the one whose weights were kept, from 1
    artifact: bytes
    train: Split
    validation: Split
    test: Split
    validation_result: Evaluation
    test_result: Evaluation


@dataclass
class Provenance:
    """What may differ between two runs with equal results."""

    created: str  # ISO 8601, UTC
    commit: str
    python: str


def per_class(confusion: torch.Tensor) -> list[dict[str, Any]]:
    """Precision, recall and support (digits of that class) from counts[true, predicted]."""
    hits, support, predicted = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    return [
        {
            "label": str(c),
            "precision": round((hits[c] / predicted[c]).item(), DIGITS),
            "recall": round((hits[c] / support[c]).item(), DIGITS),
            "support": int(support[c]),
        }
        for c in range(CLASSES)
    ]


@torch.inference_mode()
def changed_digits(model: nn.Module, test: Split) -> list[dict[str, Any]]:
    """What becomes of test digits that are changed in ways the training never showed."""
    squares = test.inputs.view(-1, SIDE, SIDE)
    changed = {
        "as they are": squares,
        "moved right by 4 pixels": squares.roll(4, 2),
        "turned by 90°": squares.rot90(1, (1, 2)),
        "inverted (dark on light)": 1 - squares,
        "blank": torch.zeros_like(squares),
    }
    rows = []
    for name, images in changed.items():
        confidence, predicted = model(images.reshape(len(images), -1)).softmax(1).max(1)
        correct = (predicted == test.labels).double().mean().item()
        rows.append(
            {
                "testDigits": name,
                "accuracy": round(correct, DIGITS),
                "meanConfidence": round(confidence.double().mean().item(), DIGITS),
            }
        )
    return rows


def stated(run: Run, model: nn.Module, provenance: Provenance) -> dict[str, Any]:
    """What `registry add --strict --record` reads. The digest is there so that no other artifact gets this record."""
    return {
        "name": NAME,
        "version": VERSION,
        "created": provenance.created,
        "sourceCommit": provenance.commit,
        "artifact": {"sha256": hashlib.sha256(run.artifact).hexdigest(), "bytes": len(run.artifact)},
        "framework": {"torch": torch.__version__.split("+")[0], "python": provenance.python},
        "signature": {
            "inputs": [{"name": "input", "dtype": "float32", "shape": [None, FEATURES], "range": [0, 1]}],
            "outputs": [{"name": "logits", "dtype": "float32", "shape": [None, CLASSES]}],
        },
        "task": {"type": "classification", "activation": "softmax", "labels": [str(c) for c in range(CLASSES)]},
        # Of the largest logit; in half precision about as far as the format itself rounds.
        "tolerance": {
            "fp32": {"absolute": 0, "relative": 1e-4},
            "fp16": {"absolute": 0, "relative": 1e-2},
            "bf16": {"absolute": 0, "relative": 1e-2},
        },
        "metrics": {
            "testAccuracy": round(run.test_result.accuracy, DIGITS),
            "testLoss": round(run.test_result.loss, DIGITS),
            "testSamples": len(run.test),
            "validationAccuracy": round(run.validation_result.accuracy, DIGITS),
            "validationLoss": round(run.validation_result.loss, DIGITS),
            "perClass": per_class(run.test_result.confusion),
            "confusion": [
                {"digit": str(c), **{f"as {p}": int(n) for p, n in enumerate(row)}}
                for c, row in enumerate(run.test_result.confusion)
            ],
            "onChangedDigits": changed_digits(model, run.test),
        },
        "training": {
            "dataset": f"npm:{PACKAGE}",
            "datasetSha256": TARBALL_SHA256,
            "seed": run.seed,
            "split": {"train": len(run.train), "validation": len(run.validation), "test": len(run.test)},
            "epochs": EPOCHS,
            "chosenEpoch": run.epoch,
            "optimizer": OPTIMIZER,
            "learningRate": LEARNING_RATE,
            "batchSize": BATCH_SIZE,
            "augmentation": f"turned by up to {MAX_TURN_DEGREES:g}°, scaled by up to {MAX_SCALE:.0%} and moved by up to "
            f"{MAX_SHIFT_PIXELS:g} pixels, anew in every epoch",
            "command": COMMAND,
        },
        **texts(run),
    }
