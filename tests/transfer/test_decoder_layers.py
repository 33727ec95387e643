"""The decoder against the same decoder written out slowly by TensorFlow's own rules."""

import numpy as np
import pytest
import torch

import roadfcn
from roadfcn.errors import ConfigError
from roadfcn.training.optimizers.optimization import make_optimizer, parameter_groups
from roadfcn.transfer.decoder_layers import DecoderLayers

CHANNELS = (5, 6, 7)


def conv2d_1x1(maps, kernel, bias):
    """h,w,I maps, a kernel of 1,1,I,O as TensorFlow keeps it, to h,w,O."""
    return np.einsum("hwi,io->hwo", maps, kernel[0, 0]) + bias


def conv2d_transpose_same(maps, kernel, bias, stride):
    """h,w,I maps, a kernel of K,K,O,I, to s*h,s*w,O, an output pixel at a time.

    It is the transpose of a convolution from s*n pixels to n, which pads K - s zeros, the smaller
    half of them before. So output pixel y hears input cell r through the kernel's row
    y + before - s r, if the kernel has that row.
    """
    height, width, _ = maps.shape
    size, _, channels_out, _ = kernel.shape
    before = (size - stride) // 2
    out = np.zeros((stride * height, stride * width, channels_out))
    for y, x in np.ndindex(*out.shape[:2]):
        for r, c in np.ndindex(height, width):
            i, j = y + before - stride * r, x + before - stride * c
            if 0 <= i < size and 0 <= j < size:
                out[y, x] += kernel[i, j] @ maps[r, c]
        out[y, x] += bias
    return out


def tensorflow_weights(rng, classes):
    """Give (kernel, bias) of the six layers in TensorFlow's layouts; biases are not zero."""
    shapes = {
        "score_fr": (1, 1, CHANNELS[2], classes),
        "upscore2": (4, 4, classes, classes),
        "score_pool4": (1, 1, CHANNELS[1], classes),
        "upscore_pool4": (4, 4, classes, classes),
        "score_pool3": (1, 1, CHANNELS[0], classes),
        "upscore8": (16, 16, classes, classes),
    }
    return {n: (rng.normal(size=s), rng.normal(size=classes)) for n, s in shapes.items()}


def tensorflow_layers(layer3, layer4, layer7, weights):
    """Follow the decoder's lines, maps h,w,C."""
    scores = conv2d_1x1(layer7, *weights["score_fr"])
    scores = conv2d_transpose_same(scores, *weights["upscore2"], 2)
    scores = scores + conv2d_1x1(layer4, *weights["score_pool4"])
    scores = conv2d_transpose_same(scores, *weights["upscore_pool4"], 2)
    scores = scores + conv2d_1x1(layer3, *weights["score_pool3"])
    return conv2d_transpose_same(scores, *weights["upscore8"], 8)


def to_torch(maps):
    return torch.from_numpy(maps.transpose(2, 0, 1).copy())[None]


def maps(batch=1, height=1, width=2):
    """Give random outputs of layers 3, 4 and 7."""
    return [
        torch.rand(batch, channels, height * factor, width * factor)
        for channels, factor in zip(CHANNELS, (4, 2, 1), strict=True)
    ]


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_logits_are_those_of_tensorflows_rules(classes):
    rng = np.random.default_rng(classes)
    weights = tensorflow_weights(rng, classes)
    inputs = [
        rng.normal(size=(factor, 2 * factor, channels))
        for channels, factor in zip(CHANNELS, (4, 2, 1), strict=True)
    ]
    decoder = roadfcn.layers(classes, CHANNELS).double()
    with torch.no_grad():
        for name, (kernel, bias) in weights.items():
            layer = decoder.head.get_submodule(name)
            layer.weight.copy_(torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy()))
            layer.bias.copy_(torch.from_numpy(bias))
        ours = decoder(*map(to_torch, inputs))
    theirs = tensorflow_layers(*inputs, weights)
    assert ours.shape == (1, classes, 32, 64)
    np.testing.assert_allclose(ours[0].numpy().transpose(1, 2, 0), theirs, atol=1e-12)


def test_at_full_width_it_has_the_parameters_of_the_tensorflow_decoder():
    """8194 + 66 + 1026 + 66 + 514 + 1026: each kernel's size and two biases."""
    assert sum(parameter.numel() for parameter in roadfcn.layers(2).parameters()) == 10_892


def test_kernels_start_at_a_hundredth_and_biases_at_zero():
    torch.manual_seed(0)
    decoder = roadfcn.layers(2)
    for name, parameter in decoder.named_parameters():
        if name.endswith("bias"):
            assert not parameter.any()
        elif parameter.numel() > 500:
            assert abs(float(parameter.detach().mean())) < 0.002
            assert float(parameter.detach().std()) == pytest.approx(0.01, rel=0.1)
    # Not truncated: of 8192 values some lie beyond two deviations, as 4.6 % of a normal do.
    beyond = float((decoder.head.score_fr.weight.detach().abs() > 0.02).float().mean())
    assert beyond == pytest.approx(0.0455, abs=0.01)


def test_the_l2_loss_is_that_of_tensorflows_regularizer():
    """tf.contrib.layers.l2_regularizer(1e-3) of ones(2, 3) is 0.003."""
    decoder = roadfcn.layers(1, (2, 3, 1))
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.fill_(7.0 if parameter.ndim == 1 else 0.0)
        decoder.head.score_pool4.weight.fill_(1.0)  # 3 ones
        assert float(decoder.l2_loss()) == pytest.approx(1e-3 * 3 / 2)
        decoder.head.score_pool3.weight.fill_(-3.0)  # 2 of them
        assert float(decoder.l2_loss(0.5)) == pytest.approx(0.5 * (3 + 2 * 9) / 2)


def test_adams_weight_decay_on_the_head_is_the_l2_loss():
    """A network as `join` makes it calls these layers "head"."""
    by_loss, by_decay = DecoderLayers(2, CHANNELS).double(), DecoderLayers(2, CHANNELS).double()
    by_decay.load_state_dict(by_loss.state_dict())
    inputs = [given.double() for given in maps()]
    groups = parameter_groups(by_decay, lr=0.01, weight_decay=1e-3, encoder_decay_factor=0.0)
    assert {group["name"]: group["weight_decay"] for group in groups} == {
        "head weights": 1e-3,
        "head biases": 0.0,
    }
    decaying = make_optimizer(groups, name="adam", lr=0.01)
    plain = torch.optim.Adam(by_loss.parameters(), lr=0.01)
    for _ in range(3):
        plain.zero_grad()
        (by_loss(*inputs).square().mean() + by_loss.l2_loss()).backward()
        plain.step()
        decaying.zero_grad()
        by_decay(*inputs).square().mean().backward()
        decaying.step()
    for ours, theirs in zip(by_decay.parameters(), by_loss.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("shapes", "found"),
    [
        # What a picture of 375 x 1242 gives: pools that round up.
        (((5, 47, 156), (6, 24, 78), (7, 12, 39)), "layer3_out is 5 x 47 x 156"),
        (((7, 1, 2), (6, 2, 4), (5, 4, 8)), "layer3_out is 7 x 1 x 2"),  # in the wrong order
        (((5, 4, 8), (6, 2, 4), (8, 1, 2)), "layer7_out is 8 x 1 x 2"),
        (((5, 0, 0), (6, 0, 0), (7, 0, 0)), "layer7_out is 7 x 0 x 0"),
    ],
)
def test_maps_that_do_not_lie_on_each_other_are_refused(shapes, found):
    with pytest.raises(ConfigError, match=found) as caught:
        roadfcn.layers(2, CHANNELS)(*(torch.zeros(1, *shape) for shape in shapes))
    assert caught.value.allowed == "5 x 4h x 4w, 6 x 2h x 2w and 7 x h x w"
    assert "multiples of 32" in caught.value.do


def test_maps_without_a_batch_are_refused():
    with pytest.raises(ConfigError, match="layer7_out is 1 x 2"):
        roadfcn.layers(2, CHANNELS)(*(given[0] for given in maps()))


def test_an_impossible_number_of_classes_is_refused():
    with pytest.raises(ConfigError, match="num_classes is 0"):
        roadfcn.layers(0)
