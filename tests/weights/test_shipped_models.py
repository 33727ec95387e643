"""The models that come with the package: their names, and that they are what they should be."""

from pathlib import Path

import pytest

from roadfcn.cli.parts.choices import MODEL_HELP
from roadfcn.errors import ModelFileError
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.metrics.intervals import FEWEST
from roadfcn.model_card import read_card
from roadfcn.model_files import inspect_model_file
from roadfcn.weights.shipped_models import (
    DEFAULT_MODEL,
    MAX_BYTES,
    SHIPPED,
    SHIPPED_NAMES,
    find_model,
    is_shipped,
    shipped_path,
)


def test_the_folder_holds_these_models_and_nothing_else():
    assert {path.name for path in SHIPPED.iterdir()} == {f"{n}.safetensors" for n in SHIPPED_NAMES}
    assert DEFAULT_MODEL in SHIPPED_NAMES


def test_help_names_them():
    assert all(name in MODEL_HELP for name in SHIPPED_NAMES)


@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_a_shipped_model_is_small_and_its_kernels_are_half_precision(name):
    path = shipped_path(name)
    assert path.stat().st_size <= MAX_BYTES == 3_000_000
    kernels = [stored for stored in inspect_model_file(path).tensors.values() if stored.shape[1:]]
    assert len(kernels) > 15
    assert {stored.dtype for stored in kernels} == {"F16"}


@pytest.mark.parametrize(("name", "classes"), [("slim-road", ROAD), ("slim-camvid11", CAMVID_11)])
def test_a_shipped_model_has_the_classes_that_its_name_says(name, classes):
    assert read_card(shipped_path(name)).label_set.classes == classes.classes


@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_a_shipped_card_is_full(name):
    card = read_card(shipped_path(name))
    assert card.summary
    assert card.intended_use
    assert len(card.limits) >= 2
    assert card.data_terms
    assert card.licence
    assert card.provenance["recipe"]["trainer"]["epochs"] > 0
    assert card.scores
    for scores in card.scores.values():
        assert scores["images"] > 0
        stated = scores["intervals"]["per_class"]["road"]
        if scores["intervals"]["of"] < FEWEST:
            assert stated is None
        else:
            assert stated[0] <= scores["per_class"]["road"]["iou"] <= stated[1]


@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_a_shipped_card_names_no_place_on_the_machine_that_made_it(name):
    def texts(value):
        if isinstance(value, dict):
            value = [*value, *value.values()]
        if isinstance(value, list | tuple):
            return [text for entry in value for text in texts(entry)]
        return [value] if isinstance(value, str) else []

    card = read_card(shipped_path(name))
    told = texts([card.provenance, card.scores])
    assert "slim" in told
    assert [text for text in told if Path(text).is_absolute()] == []


def test_a_name_means_the_file_in_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_model("slim-road") == shipped_path("slim-road")
    assert is_shipped(find_model(Path("slim-camvid11")))


def test_what_lies_at_a_path_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slim-road").mkdir()
    assert find_model("slim-road") == Path("slim-road")
    assert not is_shipped(find_model("slim-road"))


def test_a_word_that_is_no_name_gets_those_that_there_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelFileError, match="there is no model slim-raod") as told:
        find_model("slim-raod")
    assert told.value.allowed.endswith("comes with roadfcn: slim-road, slim-camvid11")
    assert told.value.do == "did you mean slim-road?"
    with pytest.raises(ModelFileError, match="there is no model unet") as told:
        find_model("unet")
    assert told.value.do == "check the path, or name one of these"


@pytest.mark.parametrize(
    "given", ["runs/gone", "gone.safetensors", "./slim-road", "a" * 5000 + "/b"]
)
def test_what_looks_like_a_path_is_left_to_whoever_opens_it(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_model(given) == Path(given)
