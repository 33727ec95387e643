"""The cache of converted models keeps to its limit, and holds what its names say."""

import os
import re
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import openvino
import pytest
import torch
from safetensors.torch import load_file, save_file

from roadfcn.backends.opening import open_backend
from roadfcn.checkpoints import save_model
from roadfcn.downloads.cache_lock import alone
from roadfcn.downloads.hashes import pin_path
from roadfcn.errors import ExportError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD, LabelSet
from roadfcn.machine import Processor
from roadfcn.model_card import ModelCard, read_card
from roadfcn.model_files import CARD_KEY
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.prediction.engines import converted_models
from roadfcn.prediction.engines.choice import open_model
from roadfcn.prediction.engines.converted_models import converted_model

ADDED = {"decoder_channels": 0, "fc_dilation": 1}
"""What descriptions of networks had not always, and what it was then."""

BATCH = np.random.default_rng(0).normal(size=(1, 3, 40, 50)).astype(np.float32)


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


def test_the_name_tells_the_engines_version_and_what_the_processor_is_fast_at(model, monkeypatch):
    for instructions, precision in (((), "float32"), (("AMX-BF16",), "bfloat16")):
        found = Processor("a processor", 2, 2, instructions)
        monkeypatch.setattr(converted_models, "read_processor", lambda found=found: found)
        place = converted_model(model, "openvino")
        assert f"-openvino-{openvino.__version__.split('-')[0]}" in place.folder.name
        assert f"-{precision}-" in place.folder.name
        assert "-float32-" in converted_model(model, "onnx").folder.name


def test_what_an_earlier_converter_of_the_same_version_made_is_not_taken(model, monkeypatch):
    new = converted_model(model, "onnx")
    monkeypatch.setattr(converted_models, "REVISION", converted_models.REVISION - 1)
    old = converted_model(model, "onnx")
    old.folder.mkdir(parents=True)
    old.path.write_bytes(b"what was made before")
    assert old.is_here
    assert not new.is_here


def test_what_came_from_another_model_is_not_run(model, tmp_path, caplog):
    torch.manual_seed(1)
    three = LabelSet("three", ("a", "b", "road"), ((0, 0, 0), (1, 1, 1), (2, 2, 2)))
    architecture = FCNArchitecture(3, width=0.02, fc_channels=4, fc_kernel=1)
    card = ModelCard(architecture.to_dict(), three, InputFormat())
    save_model(tmp_path / "other.safetensors", build_fcn(architecture).eval(), card)
    other = converted_model(tmp_path / "other.safetensors", "onnx")
    other.convert()
    place = converted_model(model, "onnx")
    shutil.copytree(other.folder, place.folder)
    assert open_model(model, engine="onnx").card.label_set == ROAD
    assert f"was not converted from {model}" in caplog.text
    assert open_backend(place.path).card.label_set == ROAD


@pytest.mark.parametrize("engine", ["onnx", "openvino"])
@pytest.mark.parametrize("told", [{}, ADDED])
def test_a_card_that_an_older_version_wrote_is_the_same(model, caplog, engine, told):
    """It says more, or less, of what was added since; a conversion of it is used all the same."""
    content = load_file(model)
    card = read_card(model)
    written = {key: value for key, value in card.architecture.items() if key not in ADDED} | told
    save_file(content, model, {CARD_KEY: replace(card, architecture=written).to_json()})
    for _ in range(2):
        assert open_model(model, engine=engine).running.engine == engine
    assert caplog.text == ""


def test_a_card_that_was_changed_in_the_cache_is_not_believed(model, caplog):
    place = converted_model(model, "openvino")
    place.convert()
    whole = place.path.read_text("utf-8")
    changed = re.sub(r"(&quot;|\")background\1, \1road\1", r"\1road\1, \1background\1", whole)
    assert changed != whole
    place.path.write_text(changed, "utf-8")
    assert open_backend(place.path).card.label_set.classes == ("road", "background")
    assert open_model(model, engine="openvino").card.label_set == ROAD
    assert "or its card was changed" in caplog.text


def test_what_another_process_has_just_made_anew_stays(model):
    place = converted_model(model, "onnx")
    place.convert()
    damaged = place.state
    place.convert(unusable=damaged)
    anew = place.state
    assert anew != damaged
    place.convert(unusable=damaged)  # as another process saw it before
    assert place.state == anew


def test_a_package_that_was_missing_is_no_reason_against_a_model_later(model, monkeypatch):
    place = converted_model(model, "onnx")
    with monkeypatch.context() as missing:
        missing.setitem(sys.modules, "onnx", None)  # importing it fails
        with pytest.raises(ExportError, match="needs the package onnx, which cannot be loaded"):
            place.convert()
    assert place.refusal is None
    place.convert()
    assert place.is_here


def test_a_conversion_whose_bytes_have_changed_is_made_anew(model, caplog):
    """Of ONNX no engine knows: weights of another value are weights too."""
    expected = open_model(model, engine="onnx").logits(BATCH)
    place = converted_model(model, "onnx")
    content = bytearray(place.path.read_bytes())
    weights = content.index(load_file(model)["encoder.conv1_1.weight"].numpy().tobytes())
    content[weights : weights + 64] = bytes(64)
    place.path.write_bytes(content)
    backend = open_model(model, engine="onnx")
    assert "converted anew, as it was damaged" in caplog.text
    np.testing.assert_allclose(backend.logits(BATCH), expected, atol=1e-4)


@pytest.mark.parametrize("noted", [b"", b"\xff\xfe", b"0" * 64])
def test_a_note_of_its_bytes_that_is_damaged_is_as_bad(model, caplog, noted):
    open_model(model, engine="onnx")
    pin_path(converted_model(model, "onnx").path).write_bytes(noted)
    open_model(model, engine="onnx")
    assert "converted anew, as it was damaged" in caplog.text


def test_a_conversion_waits_for_another_one_of_the_same_model(model, monkeypatch):
    place, held = converted_model(model, "onnx"), threading.Event()
    export, seen = converted_models._export, []

    def watched(*args):
        seen.append(held.is_set())
        export(*args)

    monkeypatch.setattr(converted_models, "_export", watched)
    with ThreadPoolExecutor(1) as pool:
        with alone(place.folder, "the test"):
            held.set()
            converting = pool.submit(place.convert)
            with pytest.raises(TimeoutError):
                converting.result(timeout=1.5)
            assert seen == []  # however slow the machine is, it would have come here
            held.clear()
        converting.result(timeout=120)
    assert seen == [False]
    assert place.is_here
