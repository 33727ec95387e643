import dataclasses

import pytest
import torch

from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.models.heads import SKIP_COUNTS
from roadfcn.models.named_architectures import slim_fcn, vgg16_fcn
from roadfcn.models.reach import CONVOLUTIONS, SKIPS, reach
from roadfcn.models.vgg16 import BLOCKS


def farthest_gradient(architecture):
    """Measure it: let the gradient of single pixels flow back, where nothing can hold it up."""
    network = build_fcn(architecture).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.rand_like(parameter) + 0.1)  # so that no ReLU is ever at 0
    for name, module in list(network.encoder.named_children()):
        if isinstance(module, torch.nn.MaxPool2d):  # it takes one of four, this one sees all
            setattr(network.encoder, name, torch.nn.AvgPool2d(2, 2, ceil_mode=True))
    # So tall that what the pixels in the middle see does not touch the edges.
    picture = torch.rand(1, 3, 736, 8, dtype=torch.float64, requires_grad=True)
    scores = network(picture)
    farthest = 0
    for pixel in range(352, 384):
        (gradient,) = torch.autograd.grad(scores[0, 0, pixel, 4], picture, retain_graph=True)
        (rows,) = gradient[0].abs().sum(dim=(0, 2)).nonzero(as_tuple=True)
        farthest = max(farthest, pixel - int(rows[0]), int(rows[-1]) - pixel)
    return farthest


@pytest.mark.parametrize(
    "changes",
    [
        {"head": "32s", "fc_kernel": 1},
        {"head": "16s", "fc_kernel": 3},
        {"head": "8s", "fc_kernel": 7},
        {"head": "8s", "fc_kernel": 7, "alignment": "pad-100"},
        {"head": "4s", "fc_kernel": 3, "decoder_channels": 2},
        {"head": "8s", "fc_kernel": 3, "fc_dilation": 3},
    ],
    ids=lambda changes: "-".join(map(str, changes.values())),
)
def test_a_network_looks_as_far_as_its_gradients_reach(changes):
    torch.manual_seed(0)
    architecture = FCNArchitecture(1, width=1 / 64, fc_channels=1, dropout=0.0, **changes)
    assert reach(architecture) == farthest_gradient(architecture)


def test_what_the_docs_say_of_the_two_networks():
    assert reach(slim_fcn(2)) == 181
    assert reach(vgg16_fcn(21)) == 245
    assert reach(dataclasses.replace(slim_fcn(2), fc_dilation=3)) == 245


def test_the_numbers_are_those_of_the_networks():
    assert tuple(convolutions for _, convolutions in BLOCKS) == CONVOLUTIONS
    assert SKIPS == SKIP_COUNTS
