import json
import math

import pytest

from roadfcn.errors import ConfigError
from roadfcn.models.architecture import (
    ARCHITECTURES,
    FCNArchitecture,
    named_architecture,
    slim_fcn,
    tensorflow_fcn,
    vgg16_fcn,
)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_survives_json(name: str):
    made = named_architecture(name, 5, {"head": "16s", "skip_scales": [0.01, 0.0001]})
    assert FCNArchitecture.from_dict(json.loads(json.dumps(made.to_dict()))) == made


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


def test_all_impossible_values_are_named_in_one_message():
    with pytest.raises(ConfigError) as caught:
        FCNArchitecture(
            0,
            head="4s",  # type: ignore[arg-type]
            alignment="valid",  # type: ignore[arg-type]
            width=math.nan,
            batch_norm=1,  # type: ignore[arg-type]
            fc_channels=0,
            fc_kernel=4,
            dropout=1.0,
            skip_scales=(1.0, 0.0),
            upsampling="nearest",  # type: ignore[arg-type]
            upsampling_bias="no",  # type: ignore[arg-type]
            score_start="one",  # type: ignore[arg-type]
        )
    for name, shown in {
        "num_classes": "0",
        "head": "'4s'",
        "alignment": "'valid'",
        "width": "nan",
        "batch_norm": "1",
        "fc_channels": "0",
        "fc_kernel": "4",
        "dropout": "1.0",
        "skip_scales": "(1.0, 0.0)",
        "upsampling": "'nearest'",
        "upsampling_bias": "'no'",
        "score_start": "'one'",
    }.items():
        assert f"{name} is {shown} (allowed: " in caught.value.found


@pytest.mark.parametrize(
    "changes",
    [
        {"num_classes": True},
        {"num_classes": 256},
        {"num_classes": 2.0},
        {"width": "wide"},
        {"width": 5},
        {"fc_kernel": 9},
        {"fc_kernel": 3, "alignment": "pad-100"},
        {"dropout": -0.1},
        {"skip_scales": (1.0,)},
        {"skip_scales": 1.0},
        {"head": ["8s"]},
    ],
)
def test_a_value_of_another_type_or_out_of_range_is_refused(changes: dict[str, object]):
    with pytest.raises(ConfigError, match=next(iter(changes))):
        FCNArchitecture(**{"num_classes": 2, **changes})  # type: ignore[arg-type]


def test_fixed_upsampling_has_no_bias_to_learn():
    with pytest.raises(ConfigError, match="false where upsampling is fixed"):
        FCNArchitecture(2, upsampling="fixed", upsampling_bias=True)


def test_unknown_and_missing_keys_are_both_listed():
    values = slim_fcn(2).to_dict()
    values["depth"] = 19
    del values["width"]
    with pytest.raises(ConfigError) as caught:
        FCNArchitecture.from_dict(values)
    assert "unknown keys ['depth'] and without ['width']" in caught.value.found


def test_a_description_of_another_network_is_refused():
    with pytest.raises(ConfigError, match="'unet'"):
        FCNArchitecture.from_dict({**slim_fcn(2).to_dict(), "name": "unet"})


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError) as caught:
        named_architecture("resnet", 2)
    assert caught.value.allowed == "vgg16, slim, tensorflow"


def test_an_unknown_change_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError) as caught:
        named_architecture("slim", 2, {"num_classes": 3})
    assert "no num_classes to change" in caught.value.found
    assert caught.value.allowed.startswith("head, alignment, width")
