"""Sizes are read off tensors, for every width that rounds to them, and misfits are named."""

import pytest

from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.weights.vgg16_shape import misfits, vgg16_shape


def shapes(width, **changes):
    import torch

    settings = {"fc_channels": 8, "fc_kernel": 3, "upsampling": "learned"} | changes
    with torch.device("meta"):
        model = build_fcn(FCNArchitecture(3, width=width, **settings))
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize(
    "width", [number / 100 for number in range(1, 401, 3)] + [0.02, 0.05, 1 / 3]
)
def test_a_network_built_from_the_width_that_was_read_has_the_same_shapes(width):
    found = shapes(width)
    assert list(misfits(found)) == []
    again = vgg16_shape(found)
    assert shapes(again.width) == found
    assert (again.fc_channels, again.fc_kernel) == (8, 3)


def test_the_full_network_has_the_width_one():
    assert vgg16_shape(shapes(1.0)).width == 1.0


def test_an_encoder_without_dense_layers_has_no_sizes_of_them():
    found = {name: shape for name, shape in shapes(1.0).items() if "fc" not in name}
    shape = vgg16_shape(found)
    assert (shape.fc_channels, shape.fc_kernel) == (None, None)


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("encoder.conv3_2.weight", (16, 15, 3, 3), "is 16 x 15 x 3 x 3 and not 16 x 16 x 3 x 3"),
        ("encoder.conv1_1.bias", (), "is a single number and not 4"),
        ("encoder.fc7.weight", (8, 9, 1, 1), "is 8 x 9 x 1 x 1 and not 8 x 8 x 1 x 1"),
        ("encoder.fc6.weight", (8, 32, 2, 2), "is 8 x 32 x 2 x 2 and not 8 x 32 x 7 x 7"),
        ("head.score_pool3.weight", (3, 99, 1, 1), "is 3 x 99 x 1 x 1 and not 3 x 16 x 1 x 1"),
        ("head.upscore8.weight", (3, 3, 8, 8), "is 3 x 3 x 8 x 8 and not 3 x 3 x 16 x 16"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named_with_what_would(name, shape, said):
    assert dict(misfits(shapes(1 / 16) | {name: shape}))[name] == said


def test_blocks_that_no_width_makes_are_told():
    """The first block of the full network on the rest of a narrow one."""
    full, narrow = shapes(1.0), shapes(1 / 16)
    first = {name: shape for name, shape in full.items() if "conv1_" in name}
    assert {name for name, _ in misfits(narrow | first)} >= set(first)


def test_without_fc6_nothing_is_said_of_the_layers_after_it():
    found = {name: shape for name, shape in shapes(1 / 16).items() if "fc6" not in name}
    assert list(misfits(found)) == []
