"""A network for BGR and the same one for RGB give the same scores for a picture."""

import dataclasses

import numpy as np
import pytest
import torch

from caffe_small_nets import small_net
from caffe_writing import caffemodel
from roadfcn.input_format import IMAGENET_RGB, InputFormat
from roadfcn.transfer.importing import build_imported
from roadfcn.weights.caffe_nets import read_caffe_weights
from roadfcn.weights.channel_order import to_rgb

IMAGE = np.random.default_rng(5).integers(0, 256, (21, 38, 3), np.uint8)


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "net.caffemodel"
    path.write_bytes(caffemodel(small_net("8s")))
    return read_caffe_weights(path)


@torch.no_grad()
def scores(weights, image=IMAGE):
    """Give what the network makes of a picture in its own input format."""
    images = torch.from_numpy(weights.input_format.normalise(image))[None]
    return build_imported(weights)(images).numpy()


def test_a_picture_gets_the_same_scores(weights):
    expected = scores(weights)
    assert np.abs(scores(to_rgb(weights)) - expected).max() <= 1e-5 * np.abs(expected).max()
    swapped = scores(weights, IMAGE[..., ::-1])
    assert np.abs(swapped - expected).max() > 0.01 * np.abs(expected).max(), "order matters"


def test_mean_and_deviation_are_turned_round_too(weights):
    form = InputFormat("bgr", 0.5, (1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    turned = to_rgb(dataclasses.replace(weights, input_format=form))
    assert turned.input_format == InputFormat("rgb", 0.5, (3.0, 2.0, 1.0), (6.0, 5.0, 4.0))
    first = turned.tensors["encoder.conv1_1.weight"]
    assert np.array_equal(first[:, 0], weights.tensors["encoder.conv1_1.weight"][:, 2])
    assert first.flags.c_contiguous


def test_the_original_is_left_as_it_was(weights):
    before = weights.tensors["encoder.conv1_1.weight"].copy()
    turned = to_rgb(weights)
    assert np.array_equal(weights.tensors["encoder.conv1_1.weight"], before)
    assert turned.network == weights.network
    assert turned.sha256 == weights.sha256
    assert turned.tensors["encoder.fc6.weight"] is weights.tensors["encoder.fc6.weight"]


def test_weights_for_rgb_come_back_as_they_are(weights):
    rgb = dataclasses.replace(weights, input_format=IMAGENET_RGB)
    assert to_rgb(rgb) is rgb
