"""Trains delivery.pt2 in seconds: how many minutes a delivery takes. The orders are made up by the rule below. Needs torch."""

import torch
from torch import Tensor, nn

CITIES, WEEKDAYS = 3, 7


def orders(n: int) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
    """Inputs and minutes. The numbers of an order are its kilometres, its items and the hour of the day."""
    numbers = torch.stack([torch.rand(n) * 12, torch.randint(1, 9, (n,)), torch.randint(9, 23, (n,))], 1)
    city, weekday = torch.randint(CITIES, (n,)), torch.randint(WEEKDAYS, (n,))
    kilometres, items, hour = numbers.unbind(1)
    rush = ((hour >= 17) & (hour < 20) & (weekday < 5)) * 8
    minutes = 12 + 3 * kilometres + 1.5 * items + torch.tensor([0.0, 3, 6])[city] + rush
    return (numbers, city, weekday), minutes + torch.randn(n)


class Delivery(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.city, self.weekday = nn.Embedding(CITIES, 4), nn.Embedding(WEEKDAYS, 4)
        self.layers = nn.Sequential(nn.Linear(3 + 4 + 4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
        # Scaling is a part of the model: a program that calls it cannot forget it.
        self.register_buffer("mean", torch.tensor([6.0, 4.5, 15.5]))
        self.register_buffer("std", torch.tensor([3.5, 2.3, 4.0]))

    def forward(self, numbers: Tensor, city: Tensor, weekday: Tensor) -> Tensor:
        scaled = (numbers - self.mean) / self.std
        features = torch.cat([scaled, self.city(city), self.weekday(weekday)], 1)
        return 30 + 10 * self.layers(features).squeeze(1)


torch.manual_seed(0)
torch.set_num_threads(1)  # a model this small is slower with more
model = Delivery()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for _ in range(600):
    inputs, minutes = orders(512)
    optimizer.zero_grad()
    nn.functional.mse_loss(model(*inputs), minutes).backward()
    optimizer.step()

inputs, minutes = orders(1000)
batch = torch.export.Dim("batch", min=1, max=1024)
shapes = {name: {0: batch} for name in ("numbers", "city", "weekday")}
program = torch.export.export(model.eval(), orders(2)[0], dynamic_shapes=shapes)
torch.export.save(program, "delivery.pt2")
print(f"off by {(model(*inputs) - minutes).abs().mean().item():.2f} minutes on average; the noise alone is 0.80")
