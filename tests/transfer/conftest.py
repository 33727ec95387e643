"""Small networks, and weights as a reader of foreign files gives them."""

import pytest
import torch

from roadfcn.input_format import VGG_BGR
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.weights.foreign import ForeignWeights


@pytest.fixture
def build():
    """Give a function that builds an FCN a thirty-second as wide as VGG16, with random weights."""

    def make(num_classes=2, seed=0, **changes) -> FCN:
        torch.manual_seed(seed)
        settings = {"width": 1 / 32, "fc_channels": 8, "fc_kernel": 3, "score_start": "normal"}
        return build_fcn(FCNArchitecture(num_classes, **(settings | changes))).eval()

    return make


@pytest.fixture
def foreign(tmp_path):
    """Give a function that makes foreign weights of a network: all of it, or its encoder."""

    def make(model: FCN, *, head=True, fc=True) -> ForeignWeights:
        tensors = {
            name: tensor.numpy().copy()
            for name, tensor in model.state_dict().items()
            if (head or name.startswith("encoder")) and (fc or "encoder.fc" not in name)
        }
        built = model.architecture
        network = {
            "head": built.head,
            "alignment": built.alignment,
            "upsampling": built.upsampling,
            "upsampling_bias": built.upsampling_bias,
            "skip_scales": built.skip_scales,
            "dropout": built.dropout,
        }
        return ForeignWeights(
            path=tmp_path / "theirs.bin",
            kind="somebody's FCN" if head else "somebody's VGG16",
            sha256="ab" * 32,
            tensors=tensors,
            input_format=VGG_BGR,
            network=network if head else {},
            left_out=("fc8.weight",),
        )

    return make
