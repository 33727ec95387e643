"""The cache of converted models keeps to its limit."""

import os
import time

import pytest
import torch

from roadfcn.checkpoints import save_model
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.prediction import converted_models
from roadfcn.prediction.converted_models import converted_model
from roadfcn.prediction.engine_choice import open_model

TINY = FCNArchitecture(2, width=0.02, fc_channels=4, fc_kernel=1, score_start="normal")


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(converted_models, "_GATE_PICTURES", 1)
    monkeypatch.setattr(converted_models, "_GATE_SIZE", (94, 155))
    torch.manual_seed(0)
    save_model(
        tmp_path / "tiny.safetensors",
        build_fcn(TINY).eval(),
        ModelCard(TINY.to_dict(), ROAD, InputFormat()),
    )
    return tmp_path / "tiny.safetensors"


def keep(cache, name, size, age_s):
    """Put another conversion into the cache that was last used so long ago."""
    folder = cache / "converted" / name
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(bytes(size))
    os.utime(folder, (time.time() - age_s,) * 2)
    return folder


def test_what_was_not_used_for_the_longest_time_makes_room_for_a_new_one(
    model, tmp_path, monkeypatch
):
    monkeypatch.setattr(converted_models, "MOST_BYTES", 3_000_000)
    cache = tmp_path / "cache"
    oldest = keep(cache, "oldest", 1_000_000, age_s=900)
    older = keep(cache, "older", 1_500_000, age_s=800)
    young = keep(cache, "young", 1_400_000, age_s=700)
    new = converted_model(model, "onnx")
    new.convert()
    # The new one is far below 100 kB: without the oldest it is 3.0 MB at most.
    assert new.path.stat().st_size < 100_000
    assert [place.exists() for place in (oldest, older, young)] == [False, True, True]


def test_the_newest_stays_however_large_it_is(model, tmp_path, monkeypatch):
    monkeypatch.setattr(converted_models, "MOST_BYTES", 10)
    other = keep(tmp_path / "cache", "other", 100, age_s=5)
    new = converted_model(model, "onnx")
    new.convert()
    assert new.is_here
    assert not other.exists()


def test_a_conversion_counts_as_used_when_it_is_opened(model, monkeypatch):
    new = converted_model(model, "onnx")
    new.convert()
    os.utime(new.folder, (0, 0))
    begin = time.time()
    open_model(model, engine="onnx")
    assert new.folder.stat().st_mtime >= begin - 2
