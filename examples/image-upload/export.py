"""Makes resnet18.pt2 and labels.txt: a ResNet-18 trained on ImageNet. Needs torch and torchvision; fetches 45 MB of weights."""

from pathlib import Path

import torch
from torchvision.models import ResNet18_Weights, resnet18

weights = ResNet18_Weights.DEFAULT
model = resnet18(weights=weights).eval()

# Any number of pictures from 1 to 64 in one run, so that uploads at the same time can share it.
batch = torch.export.Dim("batch", min=1, max=64)
program = torch.export.export(model, (torch.rand(2, 3, 224, 224),), dynamic_shapes=({0: batch},))

torch.export.save(program, "resnet18.pt2")
Path("labels.txt").write_text("\n".join(weights.meta["categories"]) + "\n")
