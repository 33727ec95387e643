"""Networks made by TensorFlow, read and built: they compute what TensorFlow computes."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from roadfcn.input_format import VGG_BGR
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
@pytest.mark.parametrize("name", ["vgg", "frozen"])
def test_the_encoders_outputs_are_tensorflows(name, size, read, told, network):
    weights = read(name)
    features = network(weights).encoder(fed(weights, told("vgg")[f"{size} image"]))
    for ours, layer in zip(features, ("layer3", "layer4", "layer7"), strict=True):
        assert apart(ours, told("vgg")[f"{size} {layer}"]) <= CLOSE


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


def test_a_graph_that_does_not_tell_how_pictures_are_prepared_is_warned_of(
    originals, tmp_path, caplog
):
    mixed = Path(shutil.copytree(originals / "vgg", tmp_path / "mixed"))
    shutil.copy(originals / "stranger" / "saved_model.pb", mixed)
    assert read_tensorflow_weights(mixed).input_format == VGG_BGR
    assert "its graph does not tell how pictures are prepared" in caplog.text


def test_a_folder_of_checkpoints_stands_for_the_newest_and_its_optimizer_is_left_out(
    read, originals
):
    weights = read("fcn")
    assert weights.kind == "TensorFlow's FCN-8s"
    assert find_tensorflow_files(originals / "fcn").prefix.name == "model.ckpt-2"
    slots = [name for name in weights.left_out if name.endswith(("/Adam", "/Adam_1"))]
    assert len(slots) == 2 * 42
    assert set(weights.left_out) - set(slots) == {"beta1_power", "beta2_power", "global_step"}


def test_the_hash_is_of_the_files_that_hold_the_weights(read, originals):
    variables = originals / "vgg" / "variables"
    content = (variables / "variables.index").read_bytes()
    content += (variables / "variables.data-00000-of-00001").read_bytes()
    assert read("vgg").sha256 == hashlib.sha256(content).hexdigest()


def test_double_precision_is_read_as_float32(read):
    assert {array.dtype for array in read("training").tensors.values()} == {np.dtype("float32")}
