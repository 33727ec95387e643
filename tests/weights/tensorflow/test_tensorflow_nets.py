"""Networks made by TensorFlow, read and built: they compute what TensorFlow computes."""

import hashlib

import numpy as np
import pytest
import torch

from roadfcn.errors import ModelFileError
from roadfcn.input_format import CAFFE_BGR, IMAGENET_RGB, VGG_BGR
from roadfcn.weights.tensorflow_files import find_tensorflow_files
from roadfcn.weights.tensorflow_nets import read_tensorflow_weights

pytestmark = pytest.mark.tensorflow

SIZES = ["32x32", "64x96", "160x64"]
CLOSE = 1e-5
"""Largest difference allowed, relative to the largest value."""


def fed(weights, pictures):
    """Bring N,H,W,3 pictures of whole numbers into the form that `weights` want."""
    normalised = [weights.input_format.normalise(one) for one in pictures.astype(np.uint8)]
    return torch.from_numpy(np.stack(normalised))


def apart(ours, theirs):
    """Give the largest difference of N,C,h,w to N,h,w,C, relative to the largest value."""
    assert np.abs(theirs).max() > 0
    difference = np.abs(ours.detach().numpy() - theirs.transpose(0, 3, 1, 2))
    return difference.max() / np.abs(theirs).max()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("name", "original"), [("vgg", "vgg"), ("frozen", "vgg"), ("rgb", "rgb")])
def test_the_encoders_outputs_are_tensorflows(name, original, size, read, told, network):
    weights = read(name)
    features = network(weights).encoder(fed(weights, told(original)[f"{size} image"]))
    for ours, layer in zip(features[:3], ("layer3", "layer4", "layer7"), strict=True):
        assert apart(ours, told(original)[f"{size} {layer}"]) <= CLOSE


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["fcn", "scoped"])
def test_the_logits_of_a_trained_fcn_are_tensorflows(name, size, read, told, network):
    weights = read(name)
    logits = network(weights)(fed(weights, told("fcn")[f"{size} image"]))
    assert apart(logits, told("fcn")[f"{size} logits"]) <= CLOSE


def test_the_decoder_matters_for_the_logits(read, told, network):
    """The comparison above would see a score or an upsampling that is read wrongly."""
    weights = read("fcn")
    logits = told("fcn")["32x32 logits"]
    layers = ("score_fr", "score_pool4", "score_pool3", "upscore2", "upscore_pool4", "upscore8")
    for layer in layers:
        model = network(weights)
        with torch.no_grad():
            model.head.get_submodule(layer).weight.mul_(-1)
        assert apart(model(fed(weights, told("fcn")["32x32 image"])), logits) > 100 * CLOSE


def test_the_saved_model_is_an_encoder_fed_with_vggs_mean(read):
    weights = read("vgg")
    assert weights.kind == "TensorFlow's VGG16"
    assert weights.input_format == VGG_BGR
    assert not weights.has_head
    assert weights.left_out == ()
    assert len(weights.tensors) == 30


def test_constants_are_told_as_such(read):
    weights = read("frozen")
    assert weights.kind == "TensorFlow's VGG16 (constants of its graph)"
    assert weights.input_format == VGG_BGR
    assert weights.left_out == ()


def test_without_variables_the_constants_that_they_start_from_are_read(originals, read, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes((originals / "vgg" / "saved_model.pb").read_bytes())
    weights = read_tensorflow_weights(tmp_path)
    assert weights.kind == read("frozen").kind
    for name, array in read("vgg").tensors.items():
        np.testing.assert_array_equal(weights.tensors[name], array)


def test_another_mean_in_the_graph_is_taken_over(read):
    found = read("other_mean").input_format
    assert (found.channel_order, found.mean) == ("bgr", (90.0, 100.5, 110.0))
    assert (found.scale, found.std) == (1.0, (1.0, 1.0, 1.0))


def test_a_graph_that_leaves_colours_as_they_are_wants_rgb(read):
    found = read("rgb").input_format
    assert (found.channel_order, found.mean) == ("rgb", (123.68, 116.779, 103.939))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("scaled", "its graph prepares pictures in a way that is not understood"),
        ("untouched", "its graph takes pictures as they come"),
    ],
)
def test_a_graph_that_does_not_tell_how_pictures_are_prepared_is_no_guess(name, said, originals):
    path = originals / name
    with pytest.raises(ModelFileError, match=said) as caught:
        read_tensorflow_weights(path)
    for place in ("--input-format", "model.input_format"):
        assert place in caught.value.do
    assert read_tensorflow_weights(path, input_format=IMAGENET_RGB).input_format == IMAGENET_RGB


def test_what_is_stated_must_be_what_the_graph_tells(originals, read):
    path = originals / "vgg"
    stated = read_tensorflow_weights(path, input_format=VGG_BGR)
    assert stated.input_format == read("vgg").input_format
    with pytest.raises(ModelFileError, match=r"said to want BGR \* 1 - \(104\.006988"):
        read_tensorflow_weights(path, input_format=CAFFE_BGR)


def test_a_checkpoint_has_no_graph_and_takes_what_is_stated(originals, read):
    assert read("fcn").input_format == VGG_BGR
    stated = read_tensorflow_weights(originals / "fcn", input_format=CAFFE_BGR)
    assert stated.input_format == CAFFE_BGR


def test_a_folder_of_checkpoints_stands_for_the_newest_and_its_optimizer_is_left_out(
    read, originals
):
    weights = read("fcn")
    assert weights.kind == "TensorFlow's FCN-8s"
    assert find_tensorflow_files(originals / "fcn").prefix.name == "model.ckpt-2"
    slots = [name for name in weights.left_out if name.endswith(("/Adam", "/Adam_1"))]
    assert len(slots) == 2 * 42
    assert set(weights.left_out) - set(slots) == {"beta1_power", "beta2_power", "global_step"}


def test_the_hash_is_of_the_graph_and_of_the_files_that_hold_the_weights(read, originals):
    variables = originals / "vgg" / "variables"
    content = (originals / "vgg" / "saved_model.pb").read_bytes()
    content += (variables / "variables.index").read_bytes()
    content += (variables / "variables.data-00000-of-00001").read_bytes()
    assert read("vgg").sha256 == hashlib.sha256(content).hexdigest()


def test_double_precision_is_read_as_float32(read):
    assert {array.dtype for array in read("training").tensors.values()} == {np.dtype("float32")}
