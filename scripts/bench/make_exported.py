"""The models of benchmarks/export.mjs, each as TorchScript (NAME.pt) and as exported program (NAME.pt2), with random weights.

    bash scripts/parity/python.sh scripts/bench/make_exported.py FOLDER

Both files of a model hold the same weights and take batches of any size, so that what is compared is the engines. `chain`
is a thousand additions of one number: it does next to nothing, a thousand times.
"""
import pathlib
import sys

import torch
from make_models import Transformer, resnet18
from torch import nn
from torchvision.models import mobilenet_v3_small


class Chain(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(1000):
            x = x + 1.0
        return x


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def distinct(model: nn.Module) -> nn.Module:
    """Layers that were made as copies of one get weights of their own: freezing keeps equal ones once, so that they stay in the cache."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += torch.randn_like(parameter) * 1e-3
    return model


MODELS = {
    'mlp': (mlp, (784,)),
    'resnet18': (resnet18, (3, 224, 224)),
    'mobilenet-v3-small': (mobilenet_v3_small, (3, 224, 224)),
    'transformer-t8': (lambda: Transformer(8), (32,)),
    'transformer-t32': (lambda: Transformer(32), (128,)),
    'chain': (Chain, (1,)),
}


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    # Not the fused kernel: it refuses to be traced in part, and other batch sizes would take another path.
    torch.backends.mha.set_fastpath_enabled(False)
    for name, (make, shape) in MODELS.items():
        torch.manual_seed(20261129)
        model = distinct(make().eval())
        example = torch.rand(2, *shape)
        with torch.no_grad():
            traced = torch.jit.trace(model, example, check_trace=False)
            program = torch.export.export(model, (example,), dynamic_shapes=({0: torch.export.Dim('batch', min=1, max=64)},))
            for batch in (1, 5):  # a trace may have the batch size burnt in
                x = torch.rand(batch, *shape)
                torch.testing.assert_close(traced(x), model(x), rtol=1e-4, atol=1e-5)
        traced.save(str(folder / 'partial.pt'))
        torch.export.save(program, folder / 'partial.pt2')
        (folder / 'partial.pt').rename(folder / f'{name}.pt')
        (folder / 'partial.pt2').rename(folder / f'{name}.pt2')
        print(name, file=sys.stderr)


if __name__ == '__main__':
    main()
