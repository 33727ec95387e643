"""FCNs of the PyTorch port: our network of their weights says what theirs says."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from roadfcn.errors import ModelFileError
from roadfcn.input_format import CAFFE_BGR
from roadfcn.transfer.importing import build_imported
from roadfcn.weights.torch_nets import read_torch_weights

CLASSES, FC = 3, 12
BLOCKS = ((4, 2), (8, 2), (16, 3), (32, 3), (32, 3))  # a sixteenth of VGG16


def ramp(size):
    """Give the bilinear kernel of surgery.py, element by element."""
    kernel = torch.zeros(size, size)
    for row in range(size):
        for column in range(size):
            across = 1 - abs(row - (size / 2 - 0.5)) / (size / 2)
            kernel[row, column] = across * (1 - abs(column - (size / 2 - 0.5)) / (size / 2))
    return kernel


@pytest.fixture
def make_port():
    """Give a function that makes a state dict as the port's classes have it, of random numbers."""

    def make(head, *, bilinear=True):
        random = torch.Generator().manual_seed(7)
        shapes, channels = {}, 3
        for block, (width, count) in enumerate(BLOCKS, start=1):
            for number in range(1, count + 1):
                shapes[f"conv{block}_{number}"] = (width, channels, 3, 3)
                channels = width
        shapes |= {"fc6": (FC, 32, 7, 7), "fc7": (FC, FC, 1, 1), "score_fr": (CLASSES, FC, 1, 1)}
        shapes |= {"score_pool3": (CLASSES, 16, 1, 1)} if head == "8s" else {}
        shapes |= {"score_pool4": (CLASSES, 32, 1, 1)} if head != "32s" else {}
        tensors = {}
        for name, shape in shapes.items():
            deviation = (2 / np.prod(shape[1:])) ** 0.5
            tensors[f"{name}.weight"] = torch.randn(shape, generator=random) * deviation
            tensors[f"{name}.bias"] = torch.randn(shape[0], generator=random) * 0.1
        sizes = {
            "32s": {"upscore": 64},
            "16s": {"upscore2": 4, "upscore16": 32},
            "8s": {"upscore2": 4, "upscore8": 16, "upscore_pool4": 4},
        }[head]
        for name, size in sizes.items():
            kernels = torch.zeros(CLASSES, CLASSES, size, size)
            kernels[range(CLASSES), range(CLASSES)] = ramp(size)
            noise = torch.randn(kernels.shape, generator=random) * 0.05
            tensors[f"{name}.weight"] = kernels if bilinear else kernels + noise
        return tensors

    return make


def forward(tensors, pictures, head, scales=(1, 1)):
    """Write down the forward pass of the port's classes, layer by layer."""

    def convolve(name, maps, padding=0):
        return functional.conv2d(
            maps, tensors[f"{name}.weight"], tensors[f"{name}.bias"], padding=padding
        )

    def enlarge(name, maps, stride):
        return functional.conv_transpose2d(maps, tensors[f"{name}.weight"], stride=stride)

    def cut(maps, start, size):
        return maps[:, :, start : start + size[2], start : start + size[3]]

    maps, pools = pictures, {}
    for block, (_, count) in enumerate(BLOCKS, start=1):
        for number in range(1, count + 1):
            padding = 100 if (block, number) == (1, 1) else 1
            maps = convolve(f"conv{block}_{number}", maps, padding).relu()
        maps = functional.max_pool2d(maps, 2, stride=2, ceil_mode=True)
        pools[block] = maps
    maps = convolve("score_fr", convolve("fc7", convolve("fc6", maps).relu()).relu())
    if head == "32s":
        return cut(enlarge("upscore", maps, 32), 19, pictures.shape)
    maps = enlarge("upscore2", maps, 2)
    maps = maps + cut(convolve("score_pool4", pools[4] * scales[0]), 5, maps.shape)
    if head == "16s":
        return cut(enlarge("upscore16", maps, 16), 27, pictures.shape)
    maps = enlarge("upscore_pool4", maps, 2)
    maps = maps + cut(convolve("score_pool3", pools[3] * scales[1]), 9, maps.shape)
    return cut(enlarge("upscore8", maps, 8), 31, pictures.shape)


@pytest.mark.parametrize("size", [(1, 1), (33, 57), (64, 96), (71, 40)])
@pytest.mark.parametrize("bilinear", [True, False])
@pytest.mark.parametrize(
    ("head", "at_once"), [("32s", None), ("16s", None), ("8s", False), ("8s", True)]
)
@torch.no_grad()
def test_scores_are_those_of_the_port(head, at_once, bilinear, size, make_port, save):
    tensors = make_port(head, bilinear=bilinear)
    weights = read_torch_weights(save(tensors, legacy=True), at_once=at_once)
    network = build_imported(weights)
    pictures = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(1)) * 60
    expected = forward(tensors, pictures, head, (0.01, 0.0001) if at_once else (1, 1))
    scores = network(pictures)
    assert scores.shape == (1, CLASSES, *size)
    assert (scores - expected).abs().max() <= 1e-5 * expected.abs().max()


@pytest.mark.parametrize("bilinear", [True, False])
def test_kernels_that_are_exactly_bilinear_stay_fixed(bilinear, make_port, save):
    weights = read_torch_weights(save(make_port("16s", bilinear=bilinear)))
    assert weights.network == {
        "head": "16s",
        "alignment": "pad-100",
        "upsampling": "fixed" if bilinear else "learned",
        "upsampling_bias": False,
        "skip_scales": (1.0, 1.0),
        "dropout": 0.5,
    }
    assert weights.input_format == CAFFE_BGR
    assert weights.kind == "the PyTorch port's FCN-16s"


@pytest.mark.parametrize(
    ("arch", "scales", "kind"),
    [
        ("FCN8s", (1.0, 1.0), "the PyTorch port's FCN-8s"),
        ("FCN8sAtOnce", (0.01, 0.0001), "the PyTorch port's FCN-8s at once"),
    ],
)
def test_a_checkpoint_of_the_ports_trainer_says_which_8s_it_is(arch, scales, kind, make_port, save):
    checkpoint = {
        "epoch": 2,
        "iteration": 4000,
        "arch": arch,
        "optim_state_dict": {"state": {}, "param_groups": []},
        "model_state_dict": make_port("8s"),
        "best_mean_iu": np.float64(0.61),
    }
    weights = read_torch_weights(save(checkpoint))
    assert weights.network["skip_scales"] == scales
    assert weights.kind == kind
    assert weights.left_out == ("optim_state_dict",)


def test_what_is_said_counts_more_than_what_the_trainer_wrote(make_port, save):
    path = save({"arch": "FCN8s", "model_state_dict": make_port("8s")})
    assert read_torch_weights(path, at_once=True).network["skip_scales"] == (0.01, 0.0001)


def test_an_8s_without_a_word_on_its_training_is_not_guessed_at(make_port, save):
    with pytest.raises(ModelFileError, match="nothing in it says whether it is FCN8s or") as told:
        read_torch_weights(save(make_port("8s")))
    assert "--at-once or --staged" in told.value.do


def test_for_the_encoder_alone_an_8s_need_not_say_how_it_was_trained(make_port, save):
    tensors = make_port("8s")
    weights = read_torch_weights(save(tensors), encoder_only=True)
    assert np.array_equal(weights.tensors["encoder.conv1_1.weight"], tensors["conv1_1.weight"])


def test_at_once_is_of_the_8s_only(make_port, save):
    with pytest.raises(ModelFileError, match="is the PyTorch port's FCN-32s, and at_once"):
        read_torch_weights(save(make_port("32s")), at_once=True)


def test_all_that_does_not_fit_is_told_at_once(make_port, save):
    tensors = make_port("8s")
    del tensors["upscore8.weight"], tensors["fc6.bias"]
    tensors["score_pool4.weight"] = torch.zeros(CLASSES, 31, 1, 1)
    tensors["upscore2.weight"] = torch.zeros(CLASSES, CLASSES, 3, 3)
    tensors["upscore2.bias"] = torch.zeros(CLASSES + 1)
    with pytest.raises(ModelFileError, match="looks like the PyTorch port's FCN-8s") as caught:
        read_torch_weights(save(tensors), at_once=False)
    for problem in (
        "upscore8.weight is missing",
        "fc6.bias is missing",
        "score_pool4.weight is 3 x 31 x 1 x 1 and not 3 x 32 x 1 x 1",
        "upscore2.weight is 3 x 3 x 3 x 3 and not 3 x 3 x 4 x 4",
        "upscore2.bias is 4 and not 3",
    ):
        assert problem in caught.value.found
