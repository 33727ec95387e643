"""What TensorFlow itself made and computed, in a process of its own."""

import importlib.util
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.weights.foreign import ForeignWeights
from roadfcn.weights.tensorflow_nets import read_tensorflow_weights
from roadfcn.weights.vgg16_shape import shapes_of, vgg16_shape


@pytest.fixture(scope="session")
def originals(tmp_path_factory):
    """Give the folder that `make_originals.py` describes."""
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("the extra 'tensorflow' is not installed")
    folder = tmp_path_factory.mktemp("tensorflow")
    program = Path(__file__).with_name("make_originals.py")
    done = subprocess.run(
        [sys.executable, str(program), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def read(originals):
    """Give a function that reads one of the originals; each once, as TensorFlow starts slowly."""

    @cache
    def once(name: str) -> ForeignWeights:
        return read_tensorflow_weights(originals / name)

    return once


@pytest.fixture(scope="session")
def told(originals):
    """Give a function that loads what TensorFlow computed, by its name."""

    @cache
    def load(name: str) -> dict[str, np.ndarray]:
        with np.load(originals / f"{name}.npz") as arrays:
            return dict(arrays)

    return load


@pytest.fixture(scope="session")
def network():
    """Give a function that builds the network of foreign weights; a head they lack is random."""

    def build(weights: ForeignWeights) -> FCN:
        shape = vgg16_shape(shapes_of(weights.tensors))
        model = build_fcn(
            FCNArchitecture(
                num_classes=len(weights.tensors.get("head.score_fr.bias", "ab")),
                width=shape.width,
                fc_channels=shape.fc_channels,
                fc_kernel=shape.fc_kernel,
                **weights.network,
            )
        )
        own_head = {} if weights.has_head else model.head.state_dict(prefix="head.")
        ours = {name: torch.from_numpy(array) for name, array in weights.tensors.items()}
        model.load_state_dict(own_head | ours, strict=True)
        return model.eval()

    return build
