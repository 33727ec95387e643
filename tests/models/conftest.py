import dataclasses
from collections.abc import Callable

import pytest
import torch

from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import FCN, build_fcn


@pytest.fixture
def build_tiny() -> Callable[..., FCN]:
    """Give a maker of networks with a few channels per layer whose scores depend on all of them."""

    def build(num_classes: int = 3, **changes: object) -> FCN:
        tiny = FCNArchitecture(
            num_classes, width=1 / 32, fc_channels=8, score_start="normal", dropout=0.0
        )
        torch.manual_seed(0)
        return build_fcn(dataclasses.replace(tiny, **changes)).eval()

    return build
