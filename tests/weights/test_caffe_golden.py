"""Caffe's FCNs against what OpenCV made of the same files (golden/make_caffe_golden.py)."""

import math
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch

from caffe_small_nets import HEADS, small_classifier, small_net
from caffe_writing import caffemodel, layer, v1_layer
from roadfcn.models.alignment import align
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.weights.caffe_nets import read_caffe_weights

GOLDEN = Path(__file__).with_name("golden")
SIZES = ("1x1", "17x40", "33x35", "64x7")


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN / "caffe_fcn.npz") as file:
        return dict(file)


@pytest.fixture
def read(tmp_path):
    """Give a function that writes and reads a small network, in the form the script used."""

    def written_and_read(head):
        path = tmp_path / "net.caffemodel"
        path.write_bytes(caffemodel(small_net(head), form=v1_layer if head == "16s" else layer))
        return read_caffe_weights(path)

    return written_and_read


def drawn_picture(height, width):
    """Give 1,3,H,W as the script draws it."""
    random = np.random.RandomState(1000 * height + width)
    return torch.from_numpy(random.uniform(-120, 150, (1, 3, height, width)).astype(np.float32))


def network_of(weights):
    network = FCN(FCNArchitecture(3, width=1 / 32, fc_channels=6, **weights.network)).eval()
    tensors = {name: torch.from_numpy(array) for name, array in weights.tensors.items()}
    network.load_state_dict(tensors, strict=True)
    return network


@pytest.mark.parametrize("head", HEADS)
def test_scores_are_those_that_opencv_computed(head, read, golden):
    network = network_of(read(head))
    for size in SIZES:
        height, width = map(int, size.split("x"))
        with torch.no_grad():
            scores = network(drawn_picture(height, width))[0].numpy()
        expected = golden[f"{head}/scores/{size}"]
        assert scores.shape == expected.shape == (3, height, width)
        assert np.abs(scores - expected).max() <= 1e-5 * np.abs(expected).max(), size


def test_golden_scores_tell_heads_and_scales_apart(golden):
    """Scores that are all alike would prove nothing."""
    for size in SIZES[1:]:
        assert all(golden[f"{head}/scores/{size}"].std() > 1 for head in HEADS)
        coarse, middle, fine = (golden[f"{head}/scores/{size}"] for head in ("32s", "16s", "8s"))
        assert np.abs(coarse - middle).max() > 1
        assert np.abs(middle - fine).max() > 1


def test_tensors_are_those_that_opencv_read(read, golden):
    weights = read("at-once")
    blobs = {
        tuple(name.split("/")[2:]): array for name, array in golden.items() if "/blobs/" in name
    }
    scales = [blobs.pop((f"scale_{pool}", "0")) for pool in ("pool4", "pool3")]
    assert {name for name, _ in blobs} == {name.split(".")[1] for name in weights.tensors}
    for (name, place), blob in blobs.items():
        part = ("encoder." if name[:2] in ("co", "fc") else "head.") + name
        ours = weights.tensors[f"{part}.{('weight', 'bias')[int(place)]}"]
        assert np.array_equal(ours, blob if place == "0" else blob.ravel()), name  # OpenCV: C,1
    for scale, expected in zip(weights.network["skip_scales"], scales, strict=True):
        assert np.float32(scale) == expected.min() == expected.max()


def test_inner_products_made_convolutional_compute_what_opencv_computed(tmp_path):
    """In VGG_ILSVRC_16_layers fc6 multiplies a flattened map: a wrong order of it is seen here.

    With zeros around the map, the convolution's middle value is the one that sees all of it.
    """
    path = tmp_path / "net.caffemodel"
    dense = ("fc6", "fc7")
    net = small_classifier()
    path.write_bytes(caffemodel(net, form=v1_layer, pad=1, dense=dense, legacy_shape=True))
    weights = read_caffe_weights(path)
    network = FCN(FCNArchitecture(2, alignment="same", width=1 / 32, fc_channels=6)).eval()
    tensors = {name: torch.from_numpy(array) for name, array in weights.tensors.items()}
    rest = network.load_state_dict(tensors, strict=False)
    assert not rest.unexpected_keys
    assert all(name.startswith("head.") for name in rest.missing_keys)
    seen = {}
    network.encoder.fc6.register_forward_hook(lambda _, __, output: seen.update(fc6=output))
    with torch.no_grad():
        _, seen["pool4"], seen["fc7"], _ = network.encoder(drawn_picture(224, 224))
    with np.load(GOLDEN / "caffe_vgg16.npz") as golden:
        for name in ("pool4", "fc6", "fc7"):
            ours = seen[name][0].relu().numpy()
            ours = ours[:, 3, 3] if name in dense else ours
            expected = golden[name]
            assert ours.shape == expected.shape
            assert np.count_nonzero(expected) >= 3, name
            assert np.abs(ours - expected).max() <= 1e-5 * np.abs(expected).max(), name


EDGES = [*range(1, 35), *range(47, 200, 13), 200, 375, 500, 1242]


def shape_chain(edge):
    """Give the edges of all maps of an FCN-8s, 16s and 32s for a picture's edge, as Caffe does."""
    sizes, size = {}, edge + 200 - 2
    for number in range(1, 6):
        size = math.ceil((size - 2) / 2) + 1
        sizes[f"pool{number}"] = size
    sizes["fc6"] = sizes["pool5"] - 6
    sizes["upscore"] = (sizes["fc6"] - 1) * 32 + 64
    sizes["upscore2"] = (sizes["fc6"] - 1) * 2 + 4
    sizes["upscore16"] = (sizes["upscore2"] - 1) * 16 + 32
    sizes["upscore_pool4"] = (sizes["upscore2"] - 1) * 2 + 4
    sizes["upscore8"] = (sizes["upscore_pool4"] - 1) * 8 + 16
    return sizes


@pytest.mark.parametrize("head", ["32s", "16s", "8s"])
def test_maps_of_every_size_are_those_of_caffe_and_crops_fit(head):
    with torch.device("meta"):
        network = build_fcn(
            FCNArchitecture(2, head=head, alignment="pad-100", width=1 / 64, fc_channels=2)
        )
    seen = {}
    for path, module in network.named_modules():
        keep = partial(seen.__setitem__, path.rpartition(".")[2])
        module.register_forward_hook(lambda _, __, output, keep=keep: keep(output))
    crops = {"upscore": 19, "upscore16": 27, "upscore8": 31}
    for edge in EDGES:
        other = EDGES[-1 - EDGES.index(edge)]
        assert network(torch.empty(1, 3, edge, other, device="meta")).shape[2:] == (edge, other)
        expected = [shape_chain(edge), shape_chain(other)]
        for name in set(expected[0]) & set(seen):
            assert seen[name].shape[2:] == (expected[0][name], expected[1][name]), (edge, name)
        last = crops.keys() & seen.keys()
        for size, picture in zip(expected, (edge, other), strict=True):
            assert all(crops[name] + picture <= size[name] for name in last)
            assert 5 + size["upscore2"] <= size["pool4"]
            assert 9 + size["upscore_pool4"] <= size["pool3"]


def cell(layers):
    """Give the picture position that the first cell of a map looks at, and the px between cells."""
    position, step = Fraction(0), Fraction(1)
    for kernel, stride, zeros in layers:
        position += step * (Fraction(kernel - 1, 2) - zeros)
        step *= stride
    return position, step


def enlarged(position, step, stride):
    """Give the same of what a transposed convolution makes of a map."""
    step /= stride
    return position - step * Fraction(2 * stride - 1, 2), step


def test_crop_offsets_follow_from_where_each_map_looks():
    blocks = [[(3, 1, 1)] * convolutions + [(2, 2, 0)] for convolutions in (2, 2, 3, 3, 3)]
    blocks[0][0] = (3, 1, 100)
    pool3, pool4 = cell(chain(*blocks[:3])), cell(chain(*blocks[:4]))
    fc6 = cell(chain(*blocks, [(7, 1, 0)]))
    double = enlarged(*fc6, 2)
    fourfold = enlarged(*double, 2)
    skips = ((double[0] - pool4[0]) / pool4[1], (fourfold[0] - pool3[0]) / pool3[1])
    pixels = [enlarged(*fc6, 32), enlarged(*double, 16), enlarged(*fourfold, 8)]
    for count, (position, step) in enumerate(pixels):
        alignment = align("pad-100", 7, count)
        assert step == 1
        assert alignment.skip_offsets == skips[:count]
        assert alignment.output_offset == -position
