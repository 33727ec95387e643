"""Foreign weights become files of ours that say what they are and compute the same."""

import json

import pytest
import torch
from safetensors import safe_open

from roadfcn.checkpoints import load_model, save_model
from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.input_format import VGG_BGR, InputFormat
from roadfcn.label_sets import CITYSCAPES_19, ROAD, VOC_21, LabelSet
from roadfcn.model_card import ModelCard, read_card
from roadfcn.model_files import ENCODER_CARD_KEY
from roadfcn.transfer.importing import build_imported, save_encoder, save_imported
from roadfcn.transfer.opening import from_foreign, open_pretrained


def test_a_whole_fcn_becomes_a_model_that_predicts_the_same(build, foreign, tmp_path):
    theirs = build(
        21, alignment="pad-100", fc_kernel=7, skip_scales=(0.01, 0.0001), upsampling="learned"
    )
    done = save_imported(foreign(theirs), tmp_path / "fcn.safetensors")
    assert done.is_model
    assert done.label_set == VOC_21
    assert done.parameters == sum(tensor.numel() for tensor in theirs.state_dict().values())
    model, card = load_model(done.path)
    assert card.input_format == VGG_BGR
    assert card.label_set == VOC_21
    assert card.provenance["kind"] == "somebody's FCN"
    assert card.provenance["sha256"] == "ab" * 32
    assert card.provenance["imported_from"] == "theirs.bin"
    assert card.provenance["left_out"] == ["fc8.weight"]
    assert model.architecture.skip_scales == (0.01, 0.0001)
    images = torch.randn(1, 3, 41, 67)
    assert torch.equal(model(images), theirs(images))


def test_an_encoder_becomes_a_file_to_start_from(build, foreign, tmp_path):
    theirs = build()
    done = save_imported(foreign(theirs, head=False), tmp_path / "encoder.safetensors")
    assert not done.is_model
    weights = open_pretrained(done.path)
    assert weights.input_format == VGG_BGR
    assert weights.provenance["kind"] == "somebody's VGG16"
    assert weights.head is None
    assert weights.label_set is None
    encoder = {n: t for n, t in theirs.state_dict().items() if n.startswith("encoder")}
    assert set(weights.tensors) == set(encoder)
    assert all(torch.equal(weights.tensors[name], tensor) for name, tensor in encoder.items())


def test_an_encoder_keeps_how_far_its_fc6_is_spread(build, foreign, tmp_path):
    theirs = build(fc_kernel=3, fc_dilation=3)
    card = ModelCard(theirs.architecture.to_dict(), ROAD, InputFormat())
    save_model(tmp_path / "theirs.safetensors", theirs, card)
    weights = open_pretrained(tmp_path / "theirs.safetensors")
    assert weights.fc_dilation == 3
    path = save_encoder(weights, tmp_path / "encoder.safetensors").path
    assert open_pretrained(path).fc_dilation == 3
    plain = save_imported(foreign(build(), head=False), tmp_path / "plain.safetensors").path
    assert open_pretrained(plain).fc_dilation == 1
    # So that older versions, which would take its fc6 for one that is not spread, refuse it.
    cards = [safe_open(one, "np").metadata()[ENCODER_CARD_KEY] for one in (path, plain)]
    assert [json.loads(card)["card_version"] for card in cards] == [2, 1]


def test_an_encoder_is_no_model_to_predict_with(build, foreign, tmp_path):
    path = save_imported(foreign(build(), head=False), tmp_path / "encoder.safetensors").path
    for read in (load_model, read_card):
        with pytest.raises(ModelFileError, match="an encoder without a head") as caught:
            read(path)
        assert f"weights={path}" in caught.value.do


def test_classes_of_an_unusual_number_have_to_be_named(build, foreign, tmp_path):
    weights, out = foreign(build(3)), tmp_path / "fcn.safetensors"
    with pytest.raises(ConfigError, match="has 3 classes, and its file does not name them"):
        save_imported(weights, out)
    with pytest.raises(ConfigError, match="has 3 classes and the label set 'cityscapes-19' 19"):
        save_imported(weights, out, label_set=CITYSCAPES_19)
    assert not out.exists()
    named = LabelSet("three", ("a", "b", "c"), ((0, 0, 0), (9, 9, 9), (99, 0, 0)))
    assert save_imported(weights, out, label_set=named).label_set == named
    assert load_model(out)[1].label_set == named


def test_an_encoder_takes_no_classes(build, foreign, tmp_path):
    with pytest.raises(ConfigError, match="an encoder without classes"):
        save_imported(
            foreign(build(), head=False), tmp_path / "encoder.safetensors", label_set=ROAD
        )


def test_other_suffixes_are_refused_before_anything_is_written(build, foreign, tmp_path):
    with pytest.raises(ConfigError, match=r"would be called .*fcn\.pth"):
        save_imported(foreign(build()), tmp_path / "fcn.pth")
    assert list(tmp_path.iterdir()) == []


def test_a_head_without_fc6_builds_no_network(build, foreign):
    with pytest.raises(ModelFileError, match="it has no head, or no fc6"):
        build_imported(foreign(build(), fc=False))


@pytest.mark.parametrize(("count", "name"), [(2, "road"), (11, "camvid-11"), (21, "voc-21")])
def test_usual_numbers_of_classes_are_taken_for_the_usual_sets(build, foreign, count, name):
    assert from_foreign(foreign(build(count))).label_set.name == name


def test_an_unusual_number_of_classes_stays_unknown(build, foreign):
    assert from_foreign(foreign(build(7))).label_set is None
