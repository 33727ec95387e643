"""PyTorch computes in bfloat16 by itself only what stays as it is in that."""

import pytest
import torch

from roadfcn.errors import ModelFileError
from roadfcn.export.bounds import BOUNDS, Bounds
from roadfcn.prediction.engines.torch_in_bfloat16 import answers_alike


@pytest.mark.parametrize(
    ("bounds", "alike"),
    # Two digits of a score are right in bfloat16, four are not.
    [(Bounds(0.1, 0.0, 1.0, 1.0), True), (Bounds(0.0001, 0.0, 1.0, 1.0), False)],
)
def test_a_comparison_is_made_once_and_remembered(model, tmp_path, monkeypatch, bounds, alike):
    monkeypatch.setitem(BOUNDS, "bf16", bounds)
    said = []
    assert answers_alike(model, may_compare=True, say=said.append) == alike
    assert len(said) == 1
    (note,) = (tmp_path / "cache" / "converted").iterdir()
    assert f"-torch-{torch.__version__.split('+')[0]}" in note.name
    assert ("scores differ by up to" in note.read_text()) != alike
    for may_compare in (True, False):
        assert answers_alike(model, may_compare=may_compare, say=said.append) == alike
    assert len(said) == 1


def test_what_was_not_compared_counts_as_no(model, tmp_path):
    assert not answers_alike(model, may_compare=False, say=print)
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_costs_another_comparison(model, tmp_path, monkeypatch):
    monkeypatch.setitem(BOUNDS, "bf16", Bounds(None, 0.0, 1.0, 1.0))
    (tmp_path / "cache").write_text("a file where the folder should be")
    said = []
    for _ in range(2):
        assert answers_alike(model, may_compare=True, say=said.append)
    assert len(said) == 2


def test_a_model_that_is_missing_is_told(tmp_path):
    with pytest.raises(ModelFileError):
        answers_alike(tmp_path / "nowhere.safetensors", may_compare=False, say=print)
