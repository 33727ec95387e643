"""Random numbers go on where they were, from tensors and plain numbers alone."""

import random

import numpy as np
import pytest
import torch

from roadfcn.training.saving.random_state import set_random_state, take_random_state


def draw():
    return (
        torch.rand(3).tolist(),
        torch.randn(3).tolist(),
        np.random.rand(3).tolist(),
        np.random.randn(3).tolist(),  # normal numbers come in pairs: the other one is state too
        random.random(),
        random.gauss(0, 1),
    )


def test_all_numbers_go_on_where_they_were_after_a_way_through_a_file(tmp_path):
    draw()
    torch.save(take_random_state(), tmp_path / "state")
    wanted = draw()
    draw()
    set_random_state(torch.load(tmp_path / "state", weights_only=True))
    assert draw() == wanted


@pytest.mark.gpu
def test_numbers_of_the_gpu_go_on_too():
    if not torch.cuda.is_available():
        pytest.skip("this machine has no GPU")
    state = take_random_state()
    wanted = torch.rand(3, device="cuda").tolist()
    set_random_state(state)
    assert torch.rand(3, device="cuda").tolist() == wanted
