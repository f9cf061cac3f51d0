"""Trains the digit classifier, and has `registry add --strict` write its record and card; writes its test fixtures.

    train.py             writes them into the repository; scripts/ must be committed, since the record names the commit
    train.py --check     trains again and compares with what the repository holds; exit code 1 when they differ
    train.py --evaluate  trains nothing: measures the committed artifact again, and has its record and card written anew
    train.py --cross-fit trains five models on parts of the digits, and writes what they answer for the other parts

`npm run build` comes first: the record is written by the command that everybody has.
"""

import argparse
import datetime
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from cross_fit import SCORES, cross_fit, write_scores  # noqa: E402
from data import Split, fetch_tarball, load_digits, split_digits  # noqa: E402
from fit import evaluate, fit  # noqa: E402
from model import DigitMLP  # noqa: E402
from record import NAME, VERSION, Provenance, Run, stated  # noqa: E402
from register import card_of, register  # noqa: E402
from samples import digit_samples, held_out  # noqa: E402
from torchscript_export import script_bytes  # noqa: E402

SEED = 20261122
SOURCES = [
    "scripts/train",
    "scripts/torchscript_export.py",
    "scripts/python-run.sh",
    "scripts/requirements-train.txt",
]
ARTIFACT = f"models/{NAME}/{VERSION}/model.pt"
RECORD = f"model-registry/{NAME}/{VERSION}/metadata.json"
CARD = f"model-registry/{NAME}/{VERSION}/MODEL_CARD.md"


def data(generator: torch.Generator) -> tuple[Split, Split, Split]:
    """Training, validation and test digits: the same for the same seed."""
    tarball = fetch_tarball(Path(os.environ["NODE_LIBTORCH_CACHE"]) / "datasets")
    return split_digits(load_digits(tarball), generator)


def steady() -> torch.Generator:
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    return torch.Generator().manual_seed(SEED)


def measured(artifact: bytes, epoch: int, splits: tuple[Split, Split, Split]) -> tuple[Run, torch.jit.ScriptModule]:
    """The model as it loads from its artifact, and what it makes of the digits."""
    exported = torch.jit.load(io.BytesIO(artifact)).eval()
    _, validation, test = splits
    return Run(SEED, epoch, artifact, *splits, evaluate(exported, validation), evaluate(exported, test)), exported


def train() -> tuple[Run, torch.jit.ScriptModule]:
    """One training run from the fixed seed, and the exported model as it loads from its artifact."""
    generator = steady()
    splits = data(generator)
    train_set, validation, test = splits
    model = DigitMLP()
    epoch = fit(model, train_set, validation, generator)
    run, exported = measured(script_bytes(torch.jit.script(model.eval())), epoch, splits)
    with torch.inference_mode():
        assert torch.equal(exported(test.inputs), model(test.inputs)), "the exported model answers otherwise"
    return run, exported


def outputs(run: Run, model: torch.jit.ScriptModule, provenance: Provenance) -> dict[str, bytes]:
    """Content of every file that a run writes, by path in the repository."""
    record, card = register(run.artifact, stated(run, model, provenance), run.train)
    samples = digit_samples(model, run.test)
    digits, classes = held_out(run.test)
    rows = ",\n".join(json.dumps(sample) for sample in samples)
    texts = {
        RECORD: record,
        CARD: card,
        "test/fixtures/digits.json": f'{{"digits": [\n{rows}\n]}}\n',
        "models/mnist-mlp/v1.0/digit.json": json.dumps({"input_data": samples[7]["input"]}) + "\n",
    }
    arrays = {"test/fixtures/digits/held-out.npy": digits, "test/fixtures/digits/held-out-labels.npy": classes}
    return {ARTIFACT: run.artifact, **{path: text.encode() for path, text in texts.items()}, **arrays}


def git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def committed() -> tuple[dict[str, Any], Provenance]:
    record: dict[str, Any] = json.loads((ROOT / RECORD).read_bytes())
    return record, Provenance(record["created"], record["sourceCommit"], record["framework"]["python"])


def check(run: Run, model: torch.jit.ScriptModule) -> int:
    """Compares a fresh run with the repository's files; returns the number of files that differ, and names them."""
    record, provenance = committed()
    fresh = outputs(run, model, provenance)
    differing = [path for path, content in fresh.items() if path != CARD and not is_same(path, content)]
    # The card shows what admission measured: it is held against the record that is committed beside it.
    if card_of(ROOT).encode() != (ROOT / CARD).read_bytes():
        differing.append(CARD)
    metrics = json.loads(fresh[RECORD])["metrics"]
    print("the metrics are", "reproduced exactly" if metrics == record["metrics"] else f"different: {metrics}")
    for path in fresh:
        print("differs  " if path in differing else "identical", path)
    if differing:
        folder = Path(tempfile.mkdtemp(prefix="node-libtorch-train-"))
        write(folder, fresh)
        print(f"the new files are in {folder}")
    return len(differing)


def is_same(path: str, content: bytes) -> bool:
    there = (ROOT / path).read_bytes()
    if path != RECORD:
        return there == content
    # Admission measures the machine that it runs on.
    old, new = json.loads(there), json.loads(content)
    return {**old, "admission": None} == {**new, "admission": None}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--check", action="store_true", help="compare a new run with the committed files")
    modes.add_argument("--evaluate", action="store_true", help="measure the committed artifact, and write its record anew")
    modes.add_argument("--cross-fit", action="store_true", help="write anew what cross-fitted models answer (cross-fit.npy)")
    arguments = parser.parse_args()
    if arguments.cross_fit:
        train_set, validation, _ = data(steady())
        write_scores(cross_fit(train_set, validation, SEED))
        print("wrote", SCORES)
        return 0
    if arguments.evaluate:
        record, provenance = committed()
        run, model = measured((ROOT / ARTIFACT).read_bytes(), record["training"]["chosenEpoch"], data(steady()))
        write(ROOT, outputs(run, model, provenance))
        return 0
    if not arguments.check and git("status", "--porcelain", "--", *SOURCES):
        parser.error(f"commit {', '.join(SOURCES)} first: the record names the commit it was made from")
    run, model = train()
    print(f"epoch {run.epoch} chosen; test accuracy {run.test_result.accuracy:.4f}, loss {run.test_result.loss:.4f}")
    if arguments.check:
        return 1 if check(run, model) else 0
    created = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    files = outputs(run, model, Provenance(created, git("rev-parse", "HEAD"), platform.python_version()))
    write(ROOT, files)
    print("wrote", *files, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
