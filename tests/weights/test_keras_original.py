"""Weights that Keras itself saved, in each of its formats: our encoder computes what Keras does."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from roadfcn.weights.keras_vgg16 import read_keras_weights

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(find_spec("keras") is None, reason="needs keras, which tensorflow brings"),
]

SCRIPT = Path(__file__).with_name("make_keras_originals.py")


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keras")
    environment = {**os.environ, "KERAS_BACKEND": "torch", "KERAS_HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, SCRIPT, folder], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder


def apart(ours, theirs):
    """Give the largest difference, relative to the largest value, of N,C,h,w to N,h,w,C."""
    return np.abs(ours.numpy().transpose(0, 2, 3, 1) - theirs).max() / np.abs(theirs).max()


@pytest.mark.parametrize(
    ("name", "has_top"),
    [
        ("named.h5", True),
        ("whole.h5", True),
        ("numbered.weights.h5", True),
        ("part.h5", False),
        ("part.weights.h5", False),
    ],
)
@torch.no_grad()
def test_features_are_those_of_keras(name, has_top, originals, encoder_of):
    weights = read_keras_weights(originals / name)
    told = np.load(originals / "told.npz")
    features = encoder_of(weights)(torch.from_numpy(told["pictures"].transpose(0, 3, 1, 2).copy()))
    assert apart(features.pool3, told["pool3"]) <= 1e-5
    assert apart(features.pool4, told["pool4"]) <= 1e-5
    assert len(weights.tensors) == (30 if has_top else 26)
    assert len(weights.left_out) == 2
    if has_top:
        assert told["fc7"].std() > 0
        assert apart(features.fc7, told["fc7"].reshape(1, 1, 1, -1)) <= 1e-5
