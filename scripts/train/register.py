"""The command line of this package, as whoever adds a model uses it."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy

from cross_fit import SCORES
from data import Split

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "dist" / "cli" / "main.js"
# How numbers are made here is no business of what admission measures.
OURS = {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "MKL_CBWR", "ATEN_CPU_CAPABILITY"}


def node_libtorch(*arguments: str) -> str:
    """What a command prints. Raises when it fails, with what it said."""
    if not COMMAND.exists():
        raise SystemExit("dist/cli/main.js is not there: npm run build")
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(["node", str(COMMAND), *arguments], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"node-libtorch {' '.join(arguments)} ended with {done.returncode}\n{done.stderr}")
    return done.stdout


def register(artifact: bytes, stated: dict[str, Any], train: Split) -> tuple[str, str]:
    """The record and the card that `registry add --strict` writes for an artifact, in a registry of its own.

    The training digits are what monitoring compares with; the answers of cross-fitted models for them say what a confidence is worth.
    """
    name, version = stated["name"], stated["version"]
    with tempfile.TemporaryDirectory(prefix="node-libtorch-train-") as temporary:
        folder = Path(temporary)
        (folder / "model.pt").write_bytes(artifact)
        (folder / "stated.json").write_text(json.dumps(stated))
        numpy.save(folder / "digits.npy", train.inputs.numpy())
        numpy.save(folder / "classes.npy", train.labels.numpy())
        for part in ("registry", "models"):
            (folder / part).mkdir()
        node_libtorch(
            *("registry", "add", str(folder / "model.pt"), "--name", name, "--model-version", version, "--strict"),
            *("--record", str(folder / "stated.json")),
            *("--data", str(folder / "digits.npy"), "--held-out", str(folder / "digits.npy")),
            *("--truth", str(folder / "classes.npy"), "--held-out-answers", str(SCORES)),
            *("--registry", str(folder / "registry"), "--models", str(folder / "models")),
        )
        written = folder / "registry" / name / version
        return (written / "metadata.json").read_text(), (written / "MODEL_CARD.md").read_text()


def card_of(root: Path) -> str:
    """The card that the committed record makes."""
    return node_libtorch("registry", "card", "mnist-mlp@v1.0", "--registry", str(root / "model-registry"), "--models", str(root / "models"))
