"""Trains the digit classifier and writes its artifact, registry record, model card and test fixtures.

    train.py            writes them into the repository; scripts/ must be committed, since the record names the commit
    train.py --check    trains again and compares with what the repository holds; exit code 1 when they differ
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

from card import model_card  # noqa: E402
from data import fetch_tarball, load_digits, split_digits  # noqa: E402
from fit import evaluate, fit  # noqa: E402
from model import DigitMLP  # noqa: E402
from record import NAME, VERSION, Provenance, Run, metadata  # noqa: E402
from samples import digit_samples  # noqa: E402
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


def train() -> tuple[Run, torch.jit.ScriptModule]:
    """One training run from the fixed seed, and the exported model as it loads from its artifact."""
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    tarball = fetch_tarball(Path(os.environ["NODE_LIBTORCH_CACHE"]) / "datasets")
    train_set, validation, test = split_digits(load_digits(tarball), generator)
    model = DigitMLP()
    epoch = fit(model, train_set, validation, generator)
    artifact = script_bytes(torch.jit.script(model.eval()))
    exported = torch.jit.load(io.BytesIO(artifact)).eval()
    with torch.inference_mode():
        assert torch.equal(exported(test.inputs), model(test.inputs)), "the exported model answers otherwise"
    results = evaluate(exported, validation), evaluate(exported, test)
    return Run(SEED, epoch, artifact, train_set, validation, test, *results), exported


def outputs(run: Run, model: torch.jit.ScriptModule, provenance: Provenance) -> dict[str, bytes]:
    """Content of every file that a run writes, by path in the repository."""
    record = metadata(run, model, provenance)
    samples = digit_samples(model, run.test)
    rows = ",\n".join(json.dumps(sample) for sample in samples)
    texts = {
        RECORD: json.dumps(record, indent=2) + "\n",
        CARD: model_card(run, model, record),
        "test/fixtures/digits.json": f'{{"digits": [\n{rows}\n]}}\n',
        "models/mnist-mlp/v1.0/digit.json": json.dumps({"input_data": samples[7]["input"]}) + "\n",
    }
    return {ARTIFACT: run.artifact, **{path: text.encode() for path, text in texts.items()}}


def git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def check(run: Run, model: torch.jit.ScriptModule) -> int:
    """Compares a fresh run with the repository's files; returns the number of files that differ, and names them."""
    committed: dict[str, Any] = json.loads((ROOT / RECORD).read_bytes())
    same = Provenance(committed["created"], committed["sourceCommit"], committed["framework"]["python"])
    fresh = outputs(run, model, same)
    differing = [path for path, content in fresh.items() if (ROOT / path).read_bytes() != content]
    metrics = json.loads(fresh[RECORD])["metrics"]
    print("the metrics are", "reproduced exactly" if metrics == committed["metrics"] else f"different: {metrics}")
    for path, content in fresh.items():
        print("differs  " if path in differing else "identical", path)
    if differing:
        folder = Path(tempfile.mkdtemp(prefix="node-libtorch-train-"))
        write(folder, fresh)
        print(f"the new files are in {folder}")
    return len(differing)


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare a new run with the committed files")
    arguments = parser.parse_args()
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
