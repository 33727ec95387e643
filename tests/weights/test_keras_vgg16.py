"""Keras' VGG16 in the layouts of all its versions, against a forward pass with channels last."""

import hashlib

import h5py
import numpy as np
import pytest
import torch

from roadfcn.errors import ModelFileError
from roadfcn.input_format import VGG_BGR
from roadfcn.weights.keras_vgg16 import read_keras_weights

BLOCKS = ((4, 2), (8, 2), (16, 3), (32, 3), (32, 3))  # a sixteenth of VGG16


@pytest.fixture
def layers():
    """Kernels H,W,I,O or I,O and biases of a narrow VGG16 with its top, by Keras' names."""
    random = np.random.default_rng(8)
    shapes, channels = {}, 3
    for block, (width, count) in enumerate(BLOCKS, start=1):
        for number in range(1, count + 1):
            shapes[f"block{block}_conv{number}"] = (3, 3, channels, width)
            channels = width
    shapes |= {"fc1": (7 * 7 * 32, 24), "fc2": (24, 24), "predictions": (24, 5)}
    made = {}
    for name, shape in shapes.items():
        kernel = random.normal(0, (2 / np.prod(shape[:-1])) ** 0.5, shape)
        made[name] = (kernel.astype("f4"), random.normal(0, 0.1, shape[-1]).astype("f4"))
    return made


def published(layers):
    """vgg16_weights_tf_dim_ordering_tf_kernels.h5 of the first release."""
    for name, (kernel, bias) in layers.items():
        yield f"{name}/{name}_W_1:0", kernel
        yield f"{name}/{name}_b_1:0", bias


def named(layers, folder="", suffix=":0"):
    for name, (kernel, bias) in layers.items():
        yield f"{folder or name}/{name}/kernel{suffix}", kernel
        yield f"{folder or name}/{name}/bias{suffix}", bias


def numbered(layers, folder=""):
    """Keras' .weights.h5, whose layers have a kind and a number."""
    kinds = {"conv2d": [], "dense": []}
    for name, arrays in layers.items():
        kinds["conv2d" if "conv" in name else "dense"].append(arrays)
    for kind, every in kinds.items():
        for number, arrays in enumerate(every):
            for part, array in enumerate(arrays):
                yield f"{folder}/{kind}{f'_{number}' if number else ''}/vars/{part}", array


@pytest.fixture
def write(tmp_path):
    def to_file(entries):
        path = tmp_path / "vgg16.h5"
        with h5py.File(path, "w") as file:
            for name, array in entries:
                file[name] = array
        return path

    return to_file


def forward(layers, picture):
    """Give fc2's output of a picture H,W,3, all of it with channels last, as Keras has them."""
    maps = picture.astype(np.float64)
    for block, (_, count) in enumerate(BLOCKS, start=1):
        for number in range(1, count + 1):
            kernel, bias = layers[f"block{block}_conv{number}"]
            height, width, _ = maps.shape
            padded = np.pad(maps, ((1, 1), (1, 1), (0, 0)))
            total = bias.astype(np.float64)
            for row in range(3):
                for column in range(3):
                    seen = padded[row : row + height, column : column + width]
                    total = total + seen @ kernel[row, column]
            maps = np.maximum(total, 0)
        height, width, channels = maps.shape
        maps = maps.reshape(height // 2, 2, width // 2, 2, channels).max(axis=(1, 3))
    flat = maps.reshape(-1)
    for name in ("fc1", "fc2"):
        kernel, bias = layers[name]
        flat = np.maximum(flat @ kernel + bias, 0)
    return flat


@pytest.mark.parametrize(
    "layout",
    [
        published,
        named,
        lambda layers: named(layers, suffix=""),
        lambda layers: ((f"model_weights/{name}", array) for name, array in named(layers)),
        lambda layers: named(layers, folder="vgg16"),
        lambda layers: numbered(layers, "layers"),
        lambda layers: numbered(layers, "_layer_checkpoint_dependencies"),
        lambda layers: numbered(layers, "layers/functional/layers"),
    ],
)
@torch.no_grad()
def test_every_layout_gives_the_features_of_a_channels_last_network(
    layout, layers, write, encoder_of
):
    picture = np.random.default_rng(9).normal(0, 50, (224, 224, 3)).astype("f4")
    weights = read_keras_weights(write(layout(layers)))
    maps = encoder_of(weights)(torch.from_numpy(picture.transpose(2, 0, 1)[None].copy())).fc7
    expected = forward(layers, picture)
    assert maps.shape == (1, 24, 1, 1)
    assert expected.std() > 0
    assert np.abs(maps.flatten().numpy() - expected).max() <= 1e-5 * expected.max()
    assert len(weights.left_out) == 2


def test_it_wants_bgr_minus_the_mean_and_leaves_its_last_layer_out(layers, write):
    path = write(published(layers))
    weights = read_keras_weights(path)
    assert weights.kind == "Keras' VGG16"
    assert weights.input_format == VGG_BGR
    assert weights.left_out == ("predictions/predictions_W_1:0", "predictions/predictions_b_1:0")
    assert weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("layout", [published, named, lambda layers: numbered(layers, "layers")])
def test_without_top_it_is_an_encoder_without_fc(layout, layers, write):
    convolutions = {name: arrays for name, arrays in layers.items() if "conv" in name}
    weights = read_keras_weights(write(layout(convolutions)))
    assert len(weights.tensors) == 26
    assert weights.left_out == ()


def test_somebodys_own_top_and_an_optimizer_are_not_the_encoders(layers, write):
    convolutions = {name: arrays for name, arrays in layers.items() if "conv" in name}
    own = {"dense": layers["fc2"], "dense_1": layers["predictions"]}
    entries = {f"model_weights/{name}": array for name, array in named({**convolutions, **own})}
    momentum = {"optimizer_weights/adam/block1_conv1_kernel_momentum": layers["fc1"][0]}
    weights = read_keras_weights(write({**entries, **momentum}.items()))
    assert len(weights.tensors) == 26
    assert set(weights.left_out) == {name for name in entries if "dense" in name}


def test_all_that_does_not_fit_is_told_at_once(layers, write):
    entries = dict(published(layers))
    del entries["block4_conv2/block4_conv2_W_1:0"]
    entries["block2_conv1/block2_conv1_b_1:0"] = np.zeros(9, "f4")
    entries["batch_normalization/gamma:0"] = np.ones(4, "f4")
    with pytest.raises(ModelFileError) as caught:
        read_keras_weights(write(entries.items()))
    for problem in ("block4_conv2/kernel is missing", "batch_normalization/gamma:0 is unknown"):
        assert problem in caught.value.found
    entries["block4_conv2/block4_conv2_W_1:0"] = layers["block4_conv2"][0].transpose(3, 2, 0, 1)
    with pytest.raises(ModelFileError) as caught:
        read_keras_weights(write(entries.items()))
    for problem in (
        "block2_conv1/block2_conv1_b_1:0 is 9 and not 8",
        "block4_conv2/block4_conv2_W_1:0 is 3 x 3 x 32 x 32 and not 32 x 32 x 3 x 3",
    ):
        assert problem in caught.value.found


def test_vgg19_is_called_by_its_name(layers, write):
    more = {"block3_conv4": layers["block3_conv3"]}
    with pytest.raises(ModelFileError, match="is Keras' VGG19: its arrays are called"):
        read_keras_weights(write(named({**layers, **more})))


@pytest.mark.parametrize(
    "entries",
    [{}, {"conv2d/kernel:0": np.zeros((3, 3, 3, 4), "f4")}, {"layers/conv2d/vars/0": np.ones(3)}],
)
def test_other_networks_are_refused_with_the_names_of_their_arrays(entries, write):
    with pytest.raises(ModelFileError, match="is no VGG16 of Keras") as told:
        read_keras_weights(write(entries.items()))
    assert all(name in told.value.found for name in entries)


def test_two_networks_in_one_file_are_not_chosen_between(layers, write):
    entries = [*named(layers, folder="first"), *named(layers, folder="second")]
    with pytest.raises(ModelFileError, match="has several VGG16s in it"):
        read_keras_weights(write(entries))


def test_doubles_are_narrowed_and_what_does_not_fit_is_told(layers, write):
    kernel, bias = layers["block1_conv1"]
    doubles = {**layers, "block1_conv1": (kernel.astype("f8"), bias.astype("f2"))}
    tensors = read_keras_weights(write(named(doubles))).tensors
    assert np.array_equal(tensors["encoder.conv1_1.weight"], kernel.transpose(3, 2, 0, 1))
    doubles["block1_conv1"][0][0, 0, 0, 0] = 1e300
    with pytest.raises(ModelFileError, match="kernel:0 has values that are not finite"):
        read_keras_weights(write(named(doubles)))
