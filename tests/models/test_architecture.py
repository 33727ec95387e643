import json
import math

import pytest

from roadfcn.errors import ConfigError
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.named_architectures import ARCHITECTURES, named_architecture, slim_fcn


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_survives_json(name: str):
    made = named_architecture(name, 5, {"head": "16s", "skip_scales": [0.01, 0.0001]})
    assert FCNArchitecture.from_dict(json.loads(json.dumps(made.to_dict()))) == made


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
        {"fc_dilation": 0},
        {"fc_dilation": 9},
        {"fc_dilation": 2.0},
        {"fc_dilation": 2, "alignment": "pad-100"},
        {"fc_dilation": 2, "fc_kernel": 1},
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
