import pytest
import torch

from roadfcn.errors import TrainingError
from roadfcn.input_format import IMAGENET_RGB
from roadfcn.models.fcn import build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.training.steps.checkpoint_fit import check_fit, note_teacher
from roadfcn.training.steps.distillation import Distillation


def teacher():
    model = build_fcn(named_architecture("slim", 2, {"width": 0.05, "fc_channels": 8}))
    return Distillation(model, IMAGENET_RGB, weight=1.0, temperature=1.0)


def checkpoint_of(weights, distillation=None):
    checkpoint = {"state_dict": weights}
    note_teacher(checkpoint, distillation)
    return checkpoint


def test_the_same_tensors_fit():
    weights = {"model.a": torch.zeros(2, 3), "model.b": torch.zeros(1)}
    check_fit(checkpoint_of(weights), weights, None)


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
        check_fit(checkpoint_of(stored), weights, None)


def test_another_teacher_is_refused_and_the_same_is_not():
    torch.manual_seed(0)
    first = teacher()
    torch.manual_seed(0)
    same, other = teacher(), teacher()
    check_fit(checkpoint_of({}, first), {}, same)
    for checkpoint in (checkpoint_of({}, other), checkpoint_of({})):
        with pytest.raises(TrainingError, match="not those that the run was started with"):
            check_fit(checkpoint, {}, first)
    with pytest.raises(TrainingError, match="not those that the run was started with"):
        check_fit(checkpoint_of({}, first), {}, None)
