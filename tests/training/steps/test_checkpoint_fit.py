import pytest
import torch

from roadfcn.errors import TrainingError
from roadfcn.training.steps.checkpoint_fit import check_fit


def test_the_same_tensors_fit():
    weights = {"model.a": torch.zeros(2, 3), "model.b": torch.zeros(1)}
    check_fit({"state_dict": weights}, weights)


@pytest.mark.parametrize(
    ("stored", "first"),
    [
        ({"model.a": torch.zeros(2, 3)}, "1 tensors differ, first model.b"),
        ({"model.a": torch.zeros(3, 2), "model.b": torch.zeros(1)}, "first model.a"),
        (
            {"model.a": torch.zeros(2, 3), "model.b": torch.zeros(1), "x": torch.zeros(1)},
            "first x",
        ),
    ],
    ids=["missing", "misshapen", "unknown"],
)
def test_another_network_is_refused(stored, first):
    weights = {"model.a": torch.zeros(2, 3), "model.b": torch.zeros(1)}
    with pytest.raises(TrainingError, match=first):
        check_fit({"state_dict": stored}, weights)
