import pytest

from roadfcn.errors import ConfigError
from roadfcn.models.named_architectures import (
    named_architecture,
    slim_fcn,
    tensorflow_fcn,
    vgg16_fcn,
)


def test_the_papers_network_is_the_whole_vgg16_with_fixed_bilinear_upsampling():
    made = vgg16_fcn(21)
    assert (made.width, made.fc_channels, made.fc_kernel, made.dropout) == (1.0, 4096, 7, 0.5)
    assert (made.alignment, made.upsampling, made.score_start) == ("pad-100", "fixed", "zero")
    assert made.skip_scales == (1.0, 1.0)


def test_the_tensorflow_network_pads_same_and_learns_biased_upsampling_from_noise():
    made = tensorflow_fcn(2)
    assert (made.alignment, made.upsampling, made.score_start) == ("same", "random", "normal")
    assert made.upsampling_bias


def test_changes_apply_to_a_named_network_and_lists_become_tuples():
    made = named_architecture("slim", 2, {"skip_scales": [0.1, 0.2], "dropout": 0})
    assert made.skip_scales == (0.1, 0.2)
    assert made.dropout == 0
    assert made.width == slim_fcn(2).width


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError) as caught:
        named_architecture("resnet", 2)
    assert caught.value.allowed == "vgg16, slim, tensorflow"


def test_an_unknown_change_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError) as caught:
        named_architecture("slim", 2, {"num_classes": 3})
    assert "no num_classes to change" in caught.value.found
    assert caught.value.allowed.startswith("head, alignment, width")
