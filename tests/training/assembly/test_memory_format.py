import pytest
import torch

from roadfcn.training.assembly.assembly import make_module
from roadfcn.training.assembly.opening_frames import open_frames


@pytest.mark.parametrize("last", [True, False])
def test_network_scores_and_teacher_lie_as_the_recipe_wants(tiny_config, last):
    config = tiny_config(
        f"trainer.channels_last={str(last).lower()}",
        "loss.deep_supervision=0.4",
        "distillation.teacher=slim-road",
    )
    frames, _ = open_frames(config)
    module = make_module(config, frames)
    for network in (module.model, module.distillation.teacher):
        kernel = network.encoder.conv2_1.weight
        assert kernel.is_contiguous(memory_format=torch.channels_last) is last
        assert kernel.is_contiguous() is not last
