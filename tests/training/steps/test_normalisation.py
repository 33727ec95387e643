"""What a network is fed, against the input format's own way, which is in numpy."""

import numpy as np
import pytest
import torch

from roadfcn.input_format import CAFFE_BGR, IMAGENET_RGB, VGG_BGR
from roadfcn.training.steps.normalisation import Normalisation


@pytest.mark.parametrize("input_format", [IMAGENET_RGB, VGG_BGR, CAFFE_BGR])
def test_frames_become_what_the_input_format_says(input_format):
    frames = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3), dtype=np.uint8)
    unit = torch.from_numpy(frames).permute(0, 3, 1, 2) / 255
    expected = np.stack([input_format.normalise(frame) for frame in frames])
    assert np.allclose(Normalisation(input_format)(unit), expected, atol=1e-4)


def test_no_checkpoint_holds_its_numbers_and_they_go_where_the_module_goes():
    module = Normalisation(VGG_BGR).double()
    assert not module.state_dict()
    assert module.dtype == torch.float64
    assert module(torch.rand(1, 3, 2, 2, dtype=torch.float64)).dtype == torch.float64
