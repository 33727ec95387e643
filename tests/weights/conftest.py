"""What tests of several readers share: torchvision's VGG16, narrow and of random numbers."""

import pytest
import torch
from torch import nn

from roadfcn.models.vgg16 import VGG16
from roadfcn.weights.vgg16_shape import shapes_of, vgg16_shape

# Configuration D of torchvision/models/vgg.py at a sixteenth of its width; M is a pooling.
ROW = (4, 4, "M", 8, 8, "M", 16, 16, 16, "M", 32, 32, 32, "M", 32, 32, 32, "M")


class Classifier(nn.Module):
    """Layers in the order, and under the names, of torchvision's definition."""

    def __init__(self, *, norm=False, row=ROW):
        super().__init__()
        layers, channels = [], 3
        for entry in row:
            if entry == "M":
                layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
                continue
            layers.append(nn.Conv2d(channels, entry, kernel_size=3, padding=1))
            layers += [nn.BatchNorm2d(entry)] if norm else []
            layers.append(nn.ReLU())
            channels = entry
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        dense = (nn.Linear(32 * 49, 24), nn.Linear(24, 24), nn.Linear(24, 5))
        between = (nn.ReLU(), nn.Dropout())
        self.classifier = nn.Sequential(dense[0], *between, dense[1], *between, dense[2])
        for name, values in self.state_dict().items():
            if name.endswith("weight") and values.ndim > 1:
                nn.init.kaiming_normal_(values, nonlinearity="relu")
            elif name.endswith(("running_var", "weight")):
                nn.init.uniform_(values, 0.5, 1.5)
            elif values.is_floating_point():
                nn.init.normal_(values, std=0.2)

    def forward(self, images):
        return self.classifier(torch.flatten(self.avgpool(self.features(images)), 1))


@pytest.fixture
def make_classifier():
    def make(**arguments):
        torch.manual_seed(1)
        return Classifier(**arguments).eval()

    return make


@pytest.fixture
def save(tmp_path):
    """Give a function that saves anything with torch, in either of its formats."""

    def to_file(content, *, legacy=False):
        path = tmp_path / "weights.pth"
        torch.save(content, path, _use_new_zipfile_serialization=not legacy)
        return path

    return to_file


@pytest.fixture
def encoder_of():
    """Give a function that loads weights into our encoder; fc6 pads nothing."""

    def build(weights):
        shape = vgg16_shape(shapes_of(weights.tensors))
        encoder = VGG16(
            width=shape.width,
            batch_norm=False,
            fc_channels=shape.fc_channels or 1,
            fc_kernel=shape.fc_kernel or 7,
            fc_dilation=1,
            fc_padding=0,
            dropout=0.5,
        )
        state = encoder.state_dict()
        ours = {name: torch.from_numpy(array) for name, array in weights.tensors.items()}
        state |= {name.removeprefix("encoder."): array for name, array in ours.items()}
        encoder.load_state_dict(state, strict=True)
        return encoder.eval()

    return build
