import pytest
import torch

from roadfcn.models.architecture import (
    FCNArchitecture,
    slim_fcn,
    tensorflow_fcn,
    vgg16_fcn,
)
from roadfcn.models.fcn import build_fcn


@pytest.mark.parametrize(
    ("architecture", "parameters"),
    [
        (vgg16_fcn(21, "32s"), 134_346_581),
        (vgg16_fcn(21, "16s"), 134_357_354),
        (vgg16_fcn(21, "8s"), 134_362_751),
        (tensorflow_fcn(2), 134_271_436),
        (slim_fcn(11), 1_323_121),
    ],
)
def test_networks_have_the_published_number_of_trainable_parameters(
    architecture: FCNArchitecture, parameters: int
):
    with torch.device("meta"):
        model = build_fcn(architecture)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
