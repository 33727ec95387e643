"""A path gives weights to start from, whatever lies there."""

import hashlib
import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from roadfcn.checkpoints import save_model
from roadfcn.encoder_card import EncoderCard
from roadfcn.errors import ModelFileError
from roadfcn.input_format import IMAGENET_RGB, InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.model_card import ModelCard
from roadfcn.model_files import ENCODER_CARD_KEY
from roadfcn.transfer.importing import save_imported
from roadfcn.transfer.opening import open_pretrained


@pytest.fixture
def run(build, tmp_path):
    model = build(batch_norm=True)
    card = ModelCard(
        model.architecture.to_dict(),
        ROAD,
        InputFormat(size=(160, 576)),
        provenance={"recipe": {"seed": 3}, "data": "kitti-road"},
        licence="Free for all.",
    )
    save_model(tmp_path / "run" / "model.safetensors", model, card)
    return tmp_path / "run"


@pytest.mark.parametrize("inside", ["", "model.safetensors"])
def test_a_run_and_its_model_are_weights(run, build, inside):
    weights = open_pretrained(run / inside)
    model = build(batch_norm=True)
    assert set(weights.tensors) == set(model.state_dict())
    assert all(torch.equal(weights.tensors[n], t) for n, t in model.state_dict().items())
    assert weights.label_set == ROAD
    assert weights.head == "8s"
    assert weights.licence == "Free for all."
    assert weights.provenance == {"data": "kitti-road"}
    content = (run / "model.safetensors").read_bytes()
    assert weights.sha256 == hashlib.sha256(content).hexdigest()


def test_the_size_of_a_models_input_is_not_passed_on(run):
    """A new run resizes to what its own recipe says."""
    assert open_pretrained(run).input_format == IMAGENET_RGB


def test_of_a_run_the_encoder_alone_can_be_had(run, build):
    weights = open_pretrained(run, encoder_only=True)
    model = build(batch_norm=True)
    encoder = {f"encoder.{name}": t for name, t in model.encoder.state_dict().items()}
    assert set(weights.tensors) == set(encoder)
    assert all(torch.equal(weights.tensors[name], tensor) for name, tensor in encoder.items())
    assert (weights.head, weights.label_set, weights.network) == (None, None, {})
    whole = open_pretrained(run)
    assert (weights.sha256, weights.provenance) == (whole.sha256, whole.provenance)


def test_of_another_programs_network_the_encoder_needs_no_word_on_its_head(build, tmp_path):
    """An FCN-8s of the PyTorch port does not say how its head was trained, and none is wanted."""
    theirs = build(21, alignment="pad-100", fc_kernel=7, upsampling="learned")
    path = tmp_path / "fcn8s.pth"
    torch.save({name.split(".", 1)[1]: t for name, t in theirs.state_dict().items()}, path)
    with pytest.raises(ModelFileError, match="nothing in it says whether it is FCN8s or"):
        open_pretrained(path)
    weights = open_pretrained(path, encoder_only=True)
    encoder = {f"encoder.{name}": t for name, t in theirs.encoder.state_dict().items()}
    assert set(weights.tensors) == set(encoder)
    assert all(torch.equal(weights.tensors[name], tensor) for name, tensor in encoder.items())
    assert (weights.head, weights.label_set) == (None, None)


def test_an_encoder_is_opened_the_same_either_way(build, foreign, tmp_path):
    path = save_imported(foreign(build(), head=False), tmp_path / "e.safetensors").path
    whole, alone = open_pretrained(path), open_pretrained(path, encoder_only=True)
    assert whole.tensors.keys() == alone.tensors.keys()
    assert whole.provenance["left_out"] == ["fc8.weight"]


def test_an_encoder_that_lost_tensors_is_refused(build, foreign, tmp_path):
    path = save_imported(foreign(build(), head=False), tmp_path / "e.safetensors").path
    tensors = load_file(path)
    del tensors["encoder.conv3_2.weight"]
    save_file(tensors, path, {ENCODER_CARD_KEY: EncoderCard(IMAGENET_RGB).to_json()})
    with pytest.raises(ModelFileError, match=r"encoder\.conv3_2\.weight missing"):
        open_pretrained(path)


@pytest.mark.parametrize(
    "card", ["{", "[]", "{}", '{"card_version": 3, "encoder": "vgg16"}', '{"card_version": 1}']
)
def test_an_encoder_with_a_damaged_card_is_refused(build, foreign, tmp_path, card):
    path = save_imported(foreign(build(), head=False), tmp_path / "e.safetensors").path
    save_file(load_file(path), path, {ENCODER_CARD_KEY: card})
    with pytest.raises(ModelFileError, match="the encoder's card cannot be read"):
        open_pretrained(path)


@pytest.mark.parametrize("dilation", [0, 9, 1.5, "3", True])
def test_an_encoder_whose_fc6_is_spread_impossibly_is_refused(build, foreign, tmp_path, dilation):
    path = save_imported(foreign(build(), head=False), tmp_path / "e.safetensors").path
    card = json.loads(EncoderCard(IMAGENET_RGB).to_json()) | {"fc_dilation": dilation}
    save_file(load_file(path), path, {ENCODER_CARD_KEY: json.dumps(card)})
    with pytest.raises(ModelFileError, match="fc6 has a dilation of"):
        open_pretrained(path)


def test_safetensors_of_others_are_refused_for_want_of_a_card(tmp_path):
    path = tmp_path / "theirs.safetensors"
    save_file({"features.0.weight": torch.zeros(4, 3, 3, 3)}, path)
    with pytest.raises(ModelFileError, match="has weights but no card"):
        open_pretrained(path)
