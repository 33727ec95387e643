"""VGG16 and FCNs out of caffemodels: every tensor in its place, or one error that says why not."""

import hashlib
import struct

import numpy as np
import pytest
import torch

from caffe_small_nets import convolutions, small_net
from caffe_writing import CONVOLUTION, blob, caffemodel, chunk, layer, settings, v1_layer
from roadfcn.errors import ModelFileError
from roadfcn.input_format import VGG_BGR, InputFormat
from roadfcn.transfer.importing import build_imported
from roadfcn.weights.caffe_nets import read_caffe_weights
from roadfcn.weights.reading import read_foreign_weights

ENCODER = [name for name, *_ in convolutions()]


@pytest.fixture
def read(tmp_path):
    """Give a function that writes layers, or bytes, as a caffemodel and reads it."""

    def written_and_read(net, **options):
        path = tmp_path / "net.caffemodel"
        path.write_bytes(net if isinstance(net, bytes) else caffemodel(net, **options))
        return read_caffe_weights(path)

    return written_and_read


def vgg16(**changes):
    """Give VGG16's layers with fc6 to fc8 as inner products."""
    net = {name: arrays for name, arrays in small_net("32s").items() if name in ENCODER}
    for name in ("fc6", "fc7"):
        net[name] = [net[name][0].reshape(len(net[name][1]), -1), net[name][1]]
    net["fc8"] = [np.ones((5, 6), np.float32), np.zeros(5, np.float32)]
    return net | changes


DENSE = ("fc6", "fc7", "fc8")


@pytest.mark.parametrize("form", [layer, v1_layer])
@pytest.mark.parametrize("legacy_shape", [False, True])
def test_vgg16_comes_with_its_dense_layers_made_convolutional(form, legacy_shape, read):
    net = vgg16()
    weights = read(net, form=form, legacy_shape=legacy_shape, pad=1, dense=DENSE)
    assert weights.kind == "Caffe's VGG16"
    assert weights.input_format == VGG_BGR
    assert not weights.has_head
    assert weights.left_out == ("fc8.weight", "fc8.bias")
    assert weights.sha256 == hashlib.sha256(weights.path.read_bytes()).hexdigest()
    assert set(weights.tensors) == {
        f"encoder.{name}.{part}" for name in ENCODER for part in ("weight", "bias")
    }
    for name in ENCODER[:-2]:
        assert np.array_equal(weights.tensors[f"encoder.{name}.weight"], net[name][0])
        assert np.array_equal(weights.tensors[f"encoder.{name}.bias"], net[name][1])
    # Caffe flattens C,H,W maps row by row, and a dense layer multiplies the row.
    features = np.random.default_rng(0).normal(size=(16, 7, 7)).astype(np.float32)
    kernel = weights.tensors["encoder.fc6.weight"]
    expected = net["fc6"][0] @ features.reshape(-1)
    assert np.allclose((kernel * features).sum((1, 2, 3)), expected, atol=1e-5)
    assert np.array_equal(weights.tensors["encoder.fc7.weight"][..., 0, 0], net["fc7"][0])


@pytest.mark.parametrize("pad", [1, 100])
def test_a_vgg16_made_convolutional_already_is_the_same(pad, read):
    net = {name: arrays for name, arrays in small_net("32s").items() if name in ENCODER}
    convolutional, dense = read(net, pad=pad), read(vgg16(), dense=DENSE, pad=1)
    assert convolutional.left_out == ()
    assert convolutional.tensors.keys() == dense.tensors.keys()
    for name, tensor in dense.tensors.items():
        assert np.array_equal(convolutional.tensors[name], tensor)


def test_a_vgg16_without_its_dense_layers_is_an_encoder_too(read):
    weights = read({name: arrays for name, arrays in vgg16().items() if name not in DENSE}, pad=1)
    assert len(weights.tensors) == 26


@pytest.mark.parametrize("head", ["32s", "16s", "8s", "at-once"])
@pytest.mark.parametrize("kept", [True, False])
def test_whole_fcns_say_all_that_their_shapes_do_not(head, kept, read):
    net = small_net(head)
    if not kept:  # some files leave out what never changes
        net = {name: arrays for name, arrays in net.items() if not name.startswith("up")}
    weights = read(net)
    at_once = head == "at-once"
    assert weights.kind == f"Caffe's FCN-{'8s at once' if at_once else head}"
    assert weights.network == {
        "head": "8s" if at_once else head,
        "alignment": "pad-100",
        "upsampling": "fixed",
        "upsampling_bias": False,
        "skip_scales": (0.01, 0.0001) if at_once else (1.0, 1.0),
        "dropout": 0.5,
    }
    assert weights.input_format == InputFormat(
        "bgr", 1.0, (104.00698793, 116.66876762, 122.67891434), (1.0, 1.0, 1.0), None
    )
    for name, arrays in small_net(head).items():
        if not name.startswith("scale"):
            part = "encoder" if name in ENCODER else "head"
            assert np.array_equal(weights.tensors[f"{part}.{name}.weight"], arrays[0]), name
    assert build_imported(weights).architecture.skip_scales == weights.network["skip_scales"]


def test_learned_upsampling_is_kept_as_it_is(read):
    net = small_net("8s")
    net["upscore2"][0][0, 1, 2, 3] = 1e-6
    weights = read(net)
    assert weights.network["upsampling"] == "learned"
    assert np.array_equal(weights.tensors["head.upscore2.weight"], net["upscore2"][0])


OLD_NAMES = {
    "VOC": {"score_fr": "score-fr", "upscore2": "score2", "score_pool4": "score-pool4"}
    | {"upscore_pool4": "score4", "score_pool3": "score-pool3", "upscore8": "upsample"},
    "Context": {"score_fr": "score59", "score_pool4": "score-pool4", "score_pool3": "score-pool3"}
    | {"upscore_pool4": "upsample-fused-16", "upscore8": "upsample"},
}


@pytest.mark.parametrize("names", OLD_NAMES.values(), ids=OLD_NAMES)
def test_networks_of_the_first_release_have_other_names_and_biases(names, read):
    net = small_net("8s")
    net["upscore2"].append(np.array([0.5, -1, 2], np.float32))
    old = read({names.get(name, name): arrays for name, arrays in net.items()}, form=v1_layer)
    assert old.network["upsampling"] == "learned"
    assert old.network["upsampling_bias"]
    assert old.tensors["head.upscore2.bias"].tolist() == [0.5, -1, 2]
    assert old.tensors["head.upscore8.bias"].tolist() == [0, 0, 0]
    network, image = build_imported(old), torch.randn(1, 3, 9, 12) * 50
    newer = build_imported(read(net))
    assert torch.equal(network(image), newer(image))


def test_of_sift_flows_two_heads_the_semantic_one_is_taken(read):
    net = small_net("16s")
    score = {name for name in net if name not in ENCODER}
    two = {name: net[name] for name in ENCODER}
    two |= {f"{name}_sem": net[name] for name in score}
    two |= {f"{name}_geo": [np.full((3, 3, 1, 1), np.nan, np.float32)] for name in score}
    weights, plain = read(two), read(net)
    assert set(weights.left_out) == {f"{name}_geo.weight" for name in score}
    assert weights.network == plain.network
    assert all(np.array_equal(weights.tensors[name], plain.tensors[name]) for name in plain.tensors)


def test_all_that_does_not_fit_is_listed_under_the_files_own_names(read):
    net = small_net("8s")
    net["score_pool3"].pop()
    net["conv5_3"][1][0] = np.inf
    net["conv5_4"] = net.pop("conv4_3")
    net["fc7"].append(np.zeros(2))
    with pytest.raises(ModelFileError, match=r"looks like Caffe's FCN-8s, but its") as caught:
        read(net)
    for problem in (
        "conv4_3.weight is missing",
        "conv5_4.bias is unknown",
        "fc7.blob2 is unknown",
        "score_pool3.bias is missing",
        "conv5_3.bias has values that are not finite",
    ):
        assert problem in caught.value.found
    net = small_net("16s")
    net["score_pool4"][0] = net["score_pool4"][0][:, :1]
    with pytest.raises(
        ModelFileError, match=r"score_pool4\.weight is 3 x 1 x 1 x 1 and not 3 x 16"
    ):
        read(net)


def test_numbers_too_large_for_single_precision_are_not_finite(read):
    net = small_net("32s")
    net["fc7"][1] = np.full(6, 1e300)
    with pytest.raises(ModelFileError, match=r"fc7\.bias has values that are not finite"):
        read(net, double=True)


@pytest.mark.parametrize(
    ("values", "said"),
    [([0.01] * 15 + [0.02], "scale_pool4.weight has 2 different values"), ([0.0] * 16, "is 0")],
)
def test_skips_scaled_by_no_constant_are_refused(values, said, read):
    net = small_net("at-once")
    net["scale_pool4"] = [np.array(values)]
    with pytest.raises(ModelFileError, match="scales a skip by something else than a con") as found:
        read(net)
    assert said in found.value.found


def renamed(name):
    return {name if old == "conv1_1" else old: new for old, new in small_net("32s").items()}


def dilated():
    arrays = small_net("32s")["fc6"]
    fc6 = layer("fc6", CONVOLUTION, map(blob, arrays), settings(dilation=6))
    net = {name: arrays for name, arrays in small_net("32s").items() if name != "fc6"}
    return caffemodel(net) + fc6


@pytest.mark.parametrize(
    ("net", "options", "said"),
    [
        ({"conv1": [np.zeros((2, 3, 11, 11))]}, {}, "its layers are conv1"),
        (renamed("conv1_1_bgrd"), {}, "its layers are conv1_1_bgrd, conv1_2, "),
        ({}, {}, "its layers are none with weights"),
        (small_net("32s"), {"pad": 81}, "its conv1_1 has a padding of 81 and not 100"),
        (small_net("32s"), {"pad": 0}, "its conv1_1 has a padding of 0 and not 100"),
        (vgg16(fc6=[np.zeros((6, 16, 3, 3)), np.zeros(6)]), {}, "its fc6 has a kernel of 3"),
        (dilated(), {}, "fc6 has a dilation of 6"),
    ],
)
def test_other_networks_are_named(net, options, said, read):
    with pytest.raises(ModelFileError, match="is a caffemodel of another network") as caught:
        read(net, **options)
    assert said in caught.value.found
    assert "VGG_ILSVRC_16_layers" in caught.value.allowed


def test_two_layers_of_one_name_are_refused(read):
    with pytest.raises(ModelFileError, match="two layers 'conv1_1' with weights"):
        read(caffemodel(small_net("32s")) + caffemodel(small_net("32s")))


def test_more_classes_than_a_label_map_can_hold_are_refused(read):
    net = small_net("32s")
    net["score_fr"] = [np.zeros((256, 6, 1, 1)), np.zeros(256)]
    del net["upscore"]
    with pytest.raises(ModelFileError, match="has 256 classes"):
        read(net)


def test_a_caffemodel_is_found_by_its_content(tmp_path):
    path = tmp_path / "renamed.pth"
    path.write_bytes(caffemodel(small_net("32s")))
    assert read_foreign_weights(path).kind == "Caffe's FCN-32s"


def test_tensors_have_memory_of_their_own(read):
    weights = read(small_net("8s"))
    weights.path.write_bytes(chunk(1, struct.pack("<d", 0)))
    for tensor in weights.tensors.values():
        assert tensor.flags.owndata or tensor.base.flags.owndata
        assert tensor.flags.writeable
