"""The models of benchmarks/ that are too large to commit: ResNet-18 and 6-layer transformers, with random weights.

    bash scripts/python-run.sh scripts/bench/make_models.py FOLDER

Speed does not depend on what the weights are, so they come from a fixed seed. Each model takes float32 rows and gives
ten scores a row. The transformers take a flat row and fold it into a sequence themselves, so that they can also be
served as classifiers.
"""
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional


class Basic(nn.Module):
    """ResNet's basic block."""

    def __init__(self, inside: int, outside: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outside)
        self.short = nn.Sequential()
        if stride != 1 or inside != outside:
            self.short = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(y)) + self.short(x))


def resnet18() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inside = 64
    for outside, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Basic(inside, outside, stride), Basic(outside, outside, 1)]
        inside = outside
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class Transformer(nn.Module):
    """Six post-norm layers of 384 with 12 heads, as all-MiniLM-L6 has; `length` tokens of four numbers each."""

    def __init__(self, length: int):
        super().__init__()
        self.length = length
        self.embed = nn.Linear(4, 384)
        layer = nn.TransformerEncoderLayer(384, 12, 1536, activation='gelu', batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 6, enable_nested_tensor=False)
        self.head = nn.Linear(384, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(self.embed(x.view(-1, self.length, 4))).mean(1))


MODELS = {
    'resnet18': (resnet18, (3, 224, 224)),
    'transformer-t8': (lambda: Transformer(8), (32,)),
    'transformer-t32': (lambda: Transformer(32), (128,)),
}


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    # Not the fused kernel: it refuses to be traced in part, and other batch sizes would take another path.
    torch.backends.mha.set_fastpath_enabled(False)
    for name, (make, shape) in MODELS.items():
        torch.manual_seed(20261122)
        model = make().eval()
        example = torch.rand(2, *shape)
        with torch.no_grad():
            traced = torch.jit.trace(model, example, check_trace=False)
            for batch in (1, 5):  # a trace may have the batch size burnt in
                x = torch.rand(batch, *shape)
                torch.testing.assert_close(traced(x), model(x), rtol=1e-4, atol=1e-5)
        partial = folder / f'{name}.partial'
        traced.save(str(partial))
        partial.rename(folder / f'{name}.pt')
        print(name, file=sys.stderr)


if __name__ == '__main__':
    main()
