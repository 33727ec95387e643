"""Torch files are told apart by their tensors' names, whatever these begin with."""

import pytest
import torch

from roadfcn.errors import ModelFileError
from roadfcn.input_format import CAFFE_BGR, VGG_BGR
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.weights.torch_nets import read_torch_weights


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "module.backbone.vgg."])
def test_what_all_names_begin_with_is_taken_off(prefix, make_classifier, save):
    tensors = make_classifier().state_dict()
    named = {f"{prefix}{name}": tensor for name, tensor in tensors.items()}
    weights = read_torch_weights(save({"state_dict": named}))
    assert weights.kind == "torchvision's VGG16"
    assert len(weights.tensors) == 30


def test_names_without_it_are_told(make_classifier, save):
    tensors = make_classifier().state_dict()
    named = {f"model.{name}": tensor for name, tensor in tensors.items()}
    with pytest.raises(ModelFileError, match=r"criterion\.weight is unknown"):
        read_torch_weights(save({"state_dict": {**named, "criterion.weight": torch.ones(2)}}))


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["fc.weight", "fc.bias"], r"\(\['fc.weight', 'fc.bias'\]\) none begin a VGG16"),
        (["a.conv1_1.weight", "b.conv1_1.weight"], "several begin a VGG16"),
        (["features.0.weight", "conv1_1.weight"], "several begin a VGG16"),
        (["xfeatures.0.weight"], "none begin a VGG16"),
    ],
)
def test_other_networks_are_refused_with_the_names_of_their_tensors(names, told, save):
    with pytest.raises(ModelFileError, match=told) as caught:
        read_torch_weights(save({name: torch.zeros(1) for name in names}))
    assert "features.0.weight" in caught.value.allowed


@pytest.fixture
def network():
    torch.manual_seed(4)
    return build_fcn(FCNArchitecture(2, width=1 / 16, fc_channels=8, score_start="normal"))


@pytest.mark.parametrize("prefix", ["encoder.", ""])
@torch.no_grad()
def test_a_plain_encoder_is_taken_as_it_is(prefix, network, save, encoder_of):
    encoder = network.encoder.eval()
    named = {f"{prefix}{name}": tensor for name, tensor in encoder.state_dict().items()}
    weights = read_torch_weights(save(named), input_format=VGG_BGR)
    assert weights.kind == "a plain VGG16"
    assert weights.input_format == VGG_BGR
    pictures = torch.randn(1, 3, 224, 224)
    assert torch.equal(encoder_of(weights)(pictures).pool4, encoder(pictures).pool4)


def test_the_head_of_a_network_of_ours_is_left_out(network, save):
    weights = read_torch_weights(save(network.state_dict()), input_format=VGG_BGR)
    assert set(weights.left_out) == {f"head.{name}" for name in network.head.state_dict()}
    assert not weights.has_head


def test_dense_layers_in_a_plain_file_become_convolutions(network, save):
    tensors = network.encoder.state_dict()
    dense = {name: tensors[name].flatten(1) for name in ("fc6.weight", "fc7.weight")}
    path = save({**tensors, **dense, "fc8.weight": torch.zeros(5, 8), "fc8.bias": torch.zeros(5)})
    weights = read_torch_weights(path, input_format=CAFFE_BGR)
    assert weights.tensors["encoder.fc6.weight"].tolist() == tensors["fc6.weight"].tolist()
    assert weights.tensors["encoder.fc7.weight"].tolist() == tensors["fc7.weight"].tolist()
    assert weights.left_out == ("fc8.weight", "fc8.bias")


def test_a_plain_file_needs_somebody_to_say_what_it_wants_to_be_fed(network, save):
    with pytest.raises(ModelFileError, match="does not say what it wants to be fed") as told:
        read_torch_weights(save(network.encoder.state_dict()))
    for name in ("imagenet-rgb", "vgg-bgr", "caffe-bgr"):
        assert name in told.value.allowed
    assert "--input-format" in told.value.do


def test_at_once_is_refused_where_it_means_nothing(make_classifier, save):
    path = save(make_classifier().state_dict())
    assert read_torch_weights(path, at_once=False).kind == "torchvision's VGG16"
    with pytest.raises(ModelFileError, match="is torchvision's VGG16, and at_once was given"):
        read_torch_weights(path, at_once=True)
