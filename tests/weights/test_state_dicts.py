"""Weights are found in whatever a checkpoint wraps them in, and are no more than the file holds."""

import collections

import lightning
import numpy as np
import pytest
import torch

from roadfcn.errors import ModelFileError
from roadfcn.weights.state_dicts import read_state_dict


@pytest.fixture
def tensors():
    torch.manual_seed(0)
    return torch.nn.Linear(3, 2).state_dict()


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda tensors: tensors,
        lambda tensors: {"state_dict": tensors, "epoch": 4},
        lambda tensors: {"model_state_dict": tensors, "optim_state_dict": {}},
        lambda tensors: {"model": tensors},
        lambda tensors: {"epoch": 1, "model": {"state_dict": tensors}},
    ],
)
def test_weights_are_found_in_a_checkpoint(wrap, legacy, tensors, save):
    found = read_state_dict(save(wrap(tensors), legacy=legacy)).tensors
    assert list(found) == ["weight", "bias"]
    assert np.array_equal(found["weight"], tensors["weight"].numpy())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("legacy", [False, True])
def test_other_floats_become_float32(dtype, legacy, save):
    values = torch.tensor([1.5, -0.25, 1024.0])  # exact in all of them
    found = read_state_dict(save({"a": values.to(dtype)}, legacy=legacy)).tensors["a"]
    assert found.dtype == np.float32
    assert found.tolist() == [1.5, -0.25, 1024.0]


def test_what_stands_beside_the_weights_is_kept_apart(tensors, save):
    parameter = torch.nn.Parameter(torch.zeros(2))
    content = {
        "arch": "FCN8s",
        "epoch": 3,
        "best_mean_iu": np.float64(0.6),
        "optim_state_dict": torch.optim.Adam([parameter]).state_dict(),
        "model_state_dict": tensors,
    }
    read = read_state_dict(save(content))
    assert read.facts == {"arch": "FCN8s"}
    assert read.left_out == ("optim_state_dict",)


def test_a_checkpoint_of_lightning_is_read(tmp_path):
    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Linear(3, 2)

    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False
    )
    module = Module()
    trainer.strategy.connect(module)
    path = tmp_path / "last.ckpt"
    trainer.save_checkpoint(path, weights_only=False)
    read = read_state_dict(path)
    assert list(read.tensors) == ["net.weight", "net.bias"]
    assert np.array_equal(read.tensors["net.bias"], module.net.bias.detach().numpy())
    assert "loops" in read.left_out


def test_parameters_are_read_like_tensors(save):
    found = read_state_dict(save({"a": torch.nn.Parameter(torch.ones(3))})).tensors
    assert found["a"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (torch.zeros(3), "but a Tensor"),
        ([1, 2], "but a list"),
        ({}, r"but a dictionary with \[\]"),
        ({"epoch": 3, "loss": 0.5}, r"but a dictionary with \['epoch', 'loss'\]"),
        ({"state_dict": {}}, "but a dictionary with"),
        ({3: torch.zeros(2), (1, 2): None}, r"but a dictionary with \[3, \(1, 2\)\]"),
    ],
)
def test_a_file_without_tensors_by_name_is_told_what_it_holds(content, told, save):
    with pytest.raises(ModelFileError, match=f"has no tensors by name in it, {told}"):
        read_state_dict(save(content))


def test_a_view_that_shows_one_number_ten_million_times_is_refused(save):
    path = save({"a": torch.ones(1).expand(10_000, 1000)})
    with pytest.raises(ModelFileError, match="its tensors claim 40000000 bytes, more than it has"):
        read_state_dict(path)


def test_many_views_of_one_storage_are_refused_together(save):
    tensor = torch.ones(1000)
    path = save({str(number): tensor for number in range(500)})
    with pytest.raises(ModelFileError, match="its tensors claim 2000000 bytes"):
        read_state_dict(path)


def test_slices_of_one_storage_are_read(save):
    whole = torch.arange(6.0)
    found = read_state_dict(save({"a": whole[:2], "b": whole[2:].reshape(2, 2).T})).tensors
    assert found["a"].tolist() == [0, 1]
    assert found["b"].tolist() == [[2, 4], [3, 5]]


def test_tensors_without_plain_numbers_are_refused(save):
    """The audit stops sparse ones; those without data pass it nowhere either."""
    for odd in (torch.eye(3).to_sparse(), torch.zeros(3, device="meta")):
        with pytest.raises(ModelFileError, match=r"torch\._utils\._rebuild_(sparse|meta)_tensor"):
            read_state_dict(save({"a": odd}))


def test_a_dictionary_within_itself_is_no_endless_loop(save):
    content = collections.OrderedDict()
    content["model"] = content
    with pytest.raises(ModelFileError, match=r"is damaged|no tensors by name"):
        read_state_dict(save(content))
