"""Training and evaluation. Everything random comes from one generator, so a run can be repeated to the bit."""

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from data import Split

SIDE = 28
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2
BATCH_SIZE = 64
EPOCHS = 60
OPTIMIZER = f"AdamW (weight decay {WEIGHT_DECAY}), learning rate annealed to 0 by a cosine"
# A digit is drawn anew in every epoch: turned, scaled and moved by at most this much.
MAX_TURN_DEGREES, MAX_SCALE, MAX_SHIFT_PIXELS = 12.0, 0.1, 2.0


@dataclass
class Evaluation:
    """Mean cross-entropy in nats, share of correct classes, and counts[true, predicted] as int64 [10, 10]."""

    loss: float
    accuracy: float
    confusion: Tensor


def distort(images: Tensor, generator: torch.Generator) -> Tensor:
    """Slightly turned, scaled and moved copies of digits; float32 [n, 784] to the same, still in [0, 1]."""
    turn, scale, *shift = (torch.rand(4, len(images), generator=generator) * 2 - 1).unbind()
    angle, size = turn * math.radians(MAX_TURN_DEGREES), 1 + scale * MAX_SCALE
    move = [s * MAX_SHIFT_PIXELS * 2 / SIDE for s in shift]  # the grid spans -1 to 1
    cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
    affine = torch.stack([torch.stack([cos, -sin, move[0]], 1), torch.stack([sin, cos, move[1]], 1)], 1)
    grid = nn.functional.affine_grid(affine, [len(images), 1, SIDE, SIDE], align_corners=False)
    squares = images.view(-1, 1, SIDE, SIDE)
    return nn.functional.grid_sample(squares, grid, align_corners=False).view(len(images), -1).clamp(0, 1)


@torch.inference_mode()
def evaluate(model: nn.Module, split: Split) -> Evaluation:
    """Measures a model on a split, in one batch."""
    model.eval()
    logits = model(split.inputs)
    predicted = logits.argmax(1)
    confusion = torch.zeros(10, 10, dtype=torch.int64)
    confusion.index_put_((split.labels, predicted), torch.ones_like(predicted), accumulate=True)
    loss = nn.functional.cross_entropy(logits, split.labels).item()
    return Evaluation(loss, (predicted == split.labels).double().mean().item(), confusion)


def fit(model: nn.Module, train: Split, validation: Split, generator: torch.Generator) -> int:
    """Trains `model` in place, leaves it at the epoch of lowest validation loss, and returns that epoch, from 1."""
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    best_loss, best_epoch, best_weights = math.inf, 0, model.state_dict()
    for epoch in range(1, EPOCHS + 1):
        model.train()
        for batch in torch.randperm(len(train), generator=generator).split(BATCH_SIZE):
            optimizer.zero_grad()
            logits = model(distort(train.inputs[batch], generator))
            nn.functional.cross_entropy(logits, train.labels[batch]).backward()
            optimizer.step()
        schedule.step()
        found = evaluate(model, validation)
        if found.loss < best_loss:
            best_loss, best_epoch, best_weights = found.loss, epoch, copy.deepcopy(model.state_dict())
        print(f"epoch {epoch:2}: validation loss {found.loss:.4f}, accuracy {found.accuracy:.4f}", flush=True)
    model.load_state_dict(best_weights)
    return best_epoch
