"""Model cards: what goes in comes out, and damage is named."""

import json
from dataclasses import replace

import pytest

from roadfcn.errors import LabelSetError, ModelFileError
from roadfcn.input_format import VGG_BGR
from roadfcn.label_sets import CAMVID_11
from roadfcn.model_card import CARD_VERSION, ModelCard


@pytest.fixture
def card():
    return ModelCard(
        architecture={"name": "fcn", "stride": 8},
        label_set=CAMVID_11,
        input_format=VGG_BGR,
        provenance={"seed": 3},
        scores={"camvid": {"val": {"mean_iou": 0.5}}},
        licence="Apache-2.0",
        summary="streets in 11 classes",
        intended_use="to look at",
        limits=("not at night", "not for driving"),
        data_terms={"camvid": "ask its authors"},
    )


def test_card_survives_json(card):
    assert ModelCard.from_json(card.to_json()) == card


def test_origin_is_all_but_the_recipe(card):
    told = replace(card, provenance={"recipe": {"name": "it"}, "data": "camvid", "seed": 3})
    assert told.origin() == {"data": "camvid", "seed": 3}


def test_card_needs_only_the_first_three(card):
    bare = ModelCard(card.architecture, card.label_set, card.input_format)
    assert ModelCard.from_json(bare.to_json()) == bare


def test_a_card_from_before_it_said_what_a_model_is_for_still_loads(card):
    added = ("summary", "intended_use", "limits", "data_terms")
    values = {key: value for key, value in json.loads(card.to_json()).items() if key not in added}
    older = replace(card, summary="", intended_use="", limits=(), data_terms={})
    assert ModelCard.from_json(json.dumps(values)) == older


def test_a_newer_card_asks_for_an_upgrade(card):
    values = json.loads(card.to_json()) | {"card_version": CARD_VERSION + 1}
    with pytest.raises(ModelFileError, match="version 2") as caught:
        ModelCard.from_json(json.dumps(values))
    assert caught.value.do == "update your checkout of roadfcn and install it again"


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "{}", "[" * 100_000, "9" * 5000])
def test_other_text_is_no_card(text):
    with pytest.raises(ModelFileError, match="the model's card cannot be read"):
        ModelCard.from_json(text)


@pytest.mark.parametrize("key", ["card_version", "architecture", "provenance", "scores", "licence"])
def test_a_card_without_an_entry_is_named(card, key):
    values = json.loads(card.to_json())
    del values[key]
    with pytest.raises(ModelFileError, match=f"KeyError: '{key}'"):
        ModelCard.from_json(json.dumps(values))


@pytest.mark.parametrize("changes", [{"limits": 3}, {"data_terms": ["camvid"]}])
def test_an_entry_of_another_type_is_refused(card, changes):
    values = json.loads(card.to_json()) | changes
    with pytest.raises(ModelFileError, match="the model's card cannot be read"):
        ModelCard.from_json(json.dumps(values))


def test_an_unusable_label_set_is_refused(card):
    values = json.loads(card.to_json())
    values["label_set"]["classes"] = []
    with pytest.raises(LabelSetError, match="has 0 classes"):
        ModelCard.from_json(json.dumps(values))
