"""What torchvision would fetch for examples/image-upload/export.py, and what it makes of a picture. ImageNet's weights are on no package
registry, so these are random ones: the same architecture, file name and export.

python3 resnet18.py TORCH_HOME PICTURE: writes the weights, and prints the labels and probabilities of the five best classes as JSON."""

import json
import sys
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torchvision.models import ResNet18_Weights, resnet18

home, picture = Path(sys.argv[1]), sys.argv[2]
weights = ResNet18_Weights.DEFAULT
torch.manual_seed(0)
model = resnet18().eval()
with torch.inference_mode():
    model.fc.weight *= 3  # so that some classes are more probable than others
    image = ImageOps.exif_transpose(Image.open(picture)).convert("RGB")
    best = torch.softmax(model(weights.transforms()(image)[None]), 1)[0].topk(5)

checkpoints = home / "hub" / "checkpoints"
checkpoints.mkdir(parents=True, exist_ok=True)
torch.save(model.state_dict(), checkpoints / weights.url.rsplit("/", 1)[1])
labels = [weights.meta["categories"][index] for index in best.indices]
print(json.dumps([{"label": label, "score": score} for label, score in zip(labels, best.values.tolist())]))
