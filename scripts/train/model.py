"""The digit classifier: a multilayer perceptron of 784, 256, 128 and 10 units."""

from torch import Tensor, nn

FEATURES = 784
CLASSES = 10


class DigitMLP(nn.Module):
    """Maps digits, float32 [batch, 784] in [0, 1], to logits, float32 [batch, 10]; any batch size, rows independent."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(FEATURES, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, CLASSES)
        )

    def forward(self, input: Tensor) -> Tensor:
        return self.layers(input)
