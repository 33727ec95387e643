"""load_vgg and layers on the project's own files: what they give is what TensorFlow gives."""

import numpy as np
import pytest
import torch

import roadfcn

pytestmark = pytest.mark.tensorflow

SIZES = ["32x32", "64x96", "160x64"]
CLOSE = 1e-5
"""Largest difference allowed, relative to the largest value."""


@pytest.fixture(scope="module")
def load(originals):
    """Give what `load_vgg` makes of the SavedModel, and of the checkpoint of a whole FCN."""
    return {name: roadfcn.load_vgg(originals / name) for name in ("vgg", "fcn")}


def pictures(told):
    """Give pictures as TensorFlow was fed them, but for the order of the axes."""
    return torch.from_numpy(told.transpose(0, 3, 1, 2).copy())


def apart(ours, theirs):
    """Give the largest difference of N,C,h,w to N,h,w,C, relative to the largest value."""
    theirs = theirs.transpose(0, 3, 1, 2)
    assert ours.shape == theirs.shape
    return np.abs(ours.detach().numpy() - theirs).max() / np.abs(theirs).max()


@pytest.mark.parametrize("size", SIZES)
def test_the_three_outputs_are_tensorflows(size, load, told):
    outputs = load["vgg"](pictures(told("vgg")[f"{size} image"]), keep_prob=1.0)
    for ours, layer in zip(outputs, ("layer3", "layer4", "layer7"), strict=True):
        assert apart(ours, told("vgg")[f"{size} {layer}"]) <= CLOSE


@pytest.mark.parametrize("size", SIZES)
def test_the_decoder_on_top_gives_tensorflows_logits(size, load, told, read):
    head = {n: t for n, t in read("fcn").tensors.items() if n.startswith("head.")}
    decoder = roadfcn.layers(len(head["head.score_fr.bias"]), load["fcn"].channels)
    decoder.load_state_dict({name: torch.from_numpy(array) for name, array in head.items()})
    outputs = load["fcn"](pictures(told("fcn")[f"{size} image"]), keep_prob=1.0)
    assert apart(decoder(*outputs), told("fcn")[f"{size} logits"]) <= CLOSE
