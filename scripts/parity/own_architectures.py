"""Models of architectures.py that no library has as they are needed here."""

from collections.abc import Callable
from typing import Any

import torch
import transformers as hf
from torch import Tensor, nn
from torch.export import Dim
from torchvision import models as tv

BATCH = Dim("batch", min=1, max=64)
ROWS = (2, 1, 3)
Made = tuple[nn.Module, list[list[Tensor]], Any]


class Pick(nn.Module):
    def __init__(self, inner: nn.Module, pick: Callable[[Any], Any]) -> None:
        super().__init__()
        self.inner = inner
        self.pick = pick

    def forward(self, x: Tensor) -> Any:
        return self.pick(self.inner(x))


STATE = ("keys", "values", "cumulative_length")


class StaticCache(nn.Module):
    """A causal model of transformers, whose cache is made of buffers."""

    def __init__(self, model: nn.Module, config: Any, batch: int, length: int) -> None:
        super().__init__()
        self.model = model
        self.cache = hf.StaticCache(config=config, max_cache_len=length)
        heads = config.num_attention_heads
        self.cache.early_initialization(batch, heads, config.hidden_size // heads, torch.float32, torch.device("cpu"))
        for i, layer in enumerate(self.cache.layers):
            for name in STATE:
                self.register_buffer(f"{name}_{i}", getattr(layer, name))

    def forward(self, ids: Tensor, place: Tensor) -> Tensor:
        for i, layer in enumerate(self.cache.layers):  # the export sees the buffers in other tensors than the cache has
            for name in STATE:
                setattr(layer, name, getattr(self, f"{name}_{i}"))
        return self.model(input_ids=ids, position_ids=place.unsqueeze(0), past_key_values=self.cache, use_cache=True).logits


class Detector(nn.Module):
    """Backbone and heads; boxes are selected from them by torchvision::nms, which is none of PyTorch's operators."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.backbone = model.backbone
        self.head = model.head

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return self.head(list(self.backbone(x).values()))


def dense_detector(make: Callable[..., nn.Module]) -> nn.Module:
    return Detector(make(weights=None, weights_backbone=None, num_classes=5))


def ssd_lite() -> nn.Module:
    return dense_detector(tv.detection.ssdlite320_mobilenet_v3_large)


def raft() -> Made:
    seeded = torch.Generator().manual_seed(1)
    calls = [[torch.rand(2, 3, 128, 128, generator=seeded) for _ in range(2)] for _ in ROWS]
    return Flow(tv.optical_flow.raft_small(weights=None)), calls, (None, None)  # its arithmetic of sizes fixes the batch


class Flow(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.inner(a, b, num_flow_updates=2)[-1]


def block(inside: int, outside: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([block(3, 8), block(8, 16), block(16, 32)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)])
        self.join = nn.ModuleList([block(32, 16), block(16, 8)])
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for i, layer in enumerate(self.down):
            x = layer(nn.functional.max_pool2d(x, 2) if i else x)
            kept.append(x)
        for up, join, old in zip(self.up, self.join, (kept[1], kept[0])):
            x = join(torch.cat([up(x), old], 1))
        return self.head(x)


class Vae(nn.Module):
    """Answers with the mean of the latent and what it decodes to."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten())
        self.mean, self.spread = nn.Linear(16 * 64, 12), nn.Linear(16 * 64, 12)
        self.decoder = nn.Sequential(nn.Linear(12, 16 * 64), nn.Unflatten(1, (16, 8, 8)), nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU())
        self.last = nn.ConvTranspose2d(8, 3, 4, 2, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        found = self.encoder(x)
        mean = self.mean(found)
        return mean, self.spread(found).exp(), self.last(self.decoder(mean)).sigmoid()


class Recurrent(nn.Module):
    def __init__(self, layer: nn.Module, width: int) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 16)
        self.layer = layer
        self.head = nn.Linear(width, 5)

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.layer(self.words(ids))[0][:, -1])


def recurrent(layer: nn.Module, width: int) -> Made:
    seeded = torch.Generator().manual_seed(1)
    calls = [[torch.randint(0, 50, (rows, 9), generator=seeded)] for rows in ROWS]
    return Recurrent(layer, width), calls, ({0: BATCH},)


def lstm() -> Made:
    return recurrent(nn.LSTM(16, 32, 2, batch_first=True), 32)


def gru() -> Made:
    return recurrent(nn.GRU(16, 24, 1, batch_first=True, bidirectional=True), 48)


class Tcn(nn.Module):
    """Dilated causal convolutions, as WaveNet's."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.utils.parametrizations.weight_norm(nn.Conv1d(8, 16, 3, dilation=2**i)) for i in range(4))
        self.head = nn.Conv1d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        for i, layer in enumerate(self.layers):
            value, gate = layer(nn.functional.pad(x, (2 ** (i + 1), 0))).chunk(2, 1)
            x = x + torch.tanh(value) * torch.sigmoid(gate)
        return self.head(x)


def tcn() -> Made:
    seeded = torch.Generator().manual_seed(1)
    calls = [[torch.randn(rows, 8, length, generator=seeded)] for rows, length in zip(ROWS, (20, 33, 11))]
    return Tcn(), calls, ({0: BATCH, 2: Dim("time", min=2, max=100)},)


class Seq2seq(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(50, 32), nn.Embedding(50, 32)
        self.inner = nn.Transformer(32, 4, 2, 2, 64, batch_first=True)
        self.head = nn.Linear(32, 50)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        length = target.size(1)
        mask = torch.full((length, length), float("-inf")).triu(1)
        return self.head(self.inner(self.source(source), self.target(target), tgt_mask=mask, tgt_is_causal=True))


def seq2seq() -> Made:
    seeded = torch.Generator().manual_seed(1)
    calls = [[torch.randint(0, 50, (rows, size), generator=seeded) for size in sizes] for rows, sizes in zip(ROWS, ((7, 5), (4, 9), (10, 3)))]
    return Seq2seq(), calls, ({0: BATCH, 1: Dim("source", min=2, max=40)}, {0: BATCH, 1: Dim("target", min=2, max=40)})


class Dlrm(nn.Module):
    """Numbers and categories, of which every pair's product counts."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.EmbeddingBag(20, 8, mode="sum") for _ in range(3))
        self.bottom = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8))
        self.top = nn.Sequential(nn.Linear(8 + 6, 16), nn.ReLU(), nn.Linear(16, 1))
        self.register_buffer("pairs", torch.tril_indices(4, 4, -1))

    def forward(self, numbers: Tensor, categories: Tensor) -> Tensor:
        dense = self.bottom(numbers)
        every = torch.stack([dense, *(table(categories[:, i]) for i, table in enumerate(self.tables))], 1)
        products = torch.bmm(every, every.mT)[:, self.pairs[0], self.pairs[1]]
        return torch.sigmoid(self.top(torch.cat([dense, products], 1))).squeeze(1)


def dlrm() -> Made:
    seeded = torch.Generator().manual_seed(1)
    calls = [[torch.randn(rows, 4, generator=seeded), torch.randint(0, 20, (rows, 3, 2), generator=seeded)] for rows in ROWS]
    return Dlrm(), calls, ({0: BATCH}, {0: BATCH})


class GraphConvolution(nn.Module):
    """Sums over the edges of a graph with any number of nodes and edges."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(6, 16), nn.Linear(16, 4)])

    def forward(self, nodes: Tensor, edges: Tensor) -> Tensor:
        degree = torch.zeros(nodes.size(0)).index_add(0, edges[1], torch.ones(edges.size(1))).clamp(min=1)
        for layer in self.layers:
            nodes = layer(nodes)
            nodes = torch.relu(torch.zeros_like(nodes).index_add(0, edges[1], nodes[edges[0]]) / degree.unsqueeze(1) + nodes)
        return nodes.softmax(1)


def graph() -> Made:
    seeded = torch.Generator().manual_seed(1)
    calls = [[torch.randn(n, 6, generator=seeded), torch.randint(0, n, (2, e), generator=seeded)] for n, e in ((5, 9), (3, 4), (11, 30))]
    return GraphConvolution(), calls, ({0: Dim("nodes", min=2, max=1000)}, {1: Dim("edges", min=2, max=5000)})


class Loops(nn.Module):
    """Refines a guess until it is good enough, in one of two ways."""

    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = torch.cond(x.sum() > 0, lambda a: self.up(a).sin(), lambda a: self.down(a).cos(), (x,))
        count = torch.zeros((), dtype=torch.int64)
        going = lambda n, a: (n < 5) & (a.abs().amax() > 0.05)  # noqa: E731
        return torch._higher_order_ops.while_loop(going, lambda n, a: (n + 1, a * 0.5), (count, y))


def loops() -> Made:
    seeded = torch.Generator().manual_seed(1)
    calls = [[torch.randn(rows, 4, generator=seeded) + shift] for rows, shift in zip(ROWS, (2, -2, 0))]
    return Loops(), calls, ({0: BATCH},)
