"""What a setting may be is told out of its type."""

import pytest

from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.setting_limits import describe_setting


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (["seed"], "a whole number, 0 or more, below 2147483648"),
        (["data", "path"], "a path"),
        (["data"], "a section of settings, at least path"),
        (["trainer"], "a section of settings"),
        (["data", "cache"], "auto, or true or false"),
        (["model", "dropout"], "a number, 0 or more, below 1, or null"),
        (["optimizer", "betas"], "a list of 2, each a number, 0 or more, below 1"),
        (["optimizer", "frozen"], "a list, each a text"),
        (["schedule", "gamma"], "a number, above 0, up to 1"),
        (["optimizer", "frozen", "0"], "a list, each a text"),
        (["data", "also"], "a list, each a section of settings, at least path, share"),
        (["data", "also", "0", "share"], "a number, above 0, below 1"),
        (["loss", "reduction"], "mean, all-pixels, sum"),
        (["name"], "a text like ^[A-Za-z0-9][A-Za-z0-9._-]*$"),
    ],
)
def test_a_setting_is_described(place, words):
    assert describe_setting(place) == words


def test_class_weights_have_names():
    assert describe_setting(["loss", "class_weights"]).endswith(
        ", or names, each with a number, above 0"
    )


def test_every_setting_can_be_described():
    for section, field in TrainingConfig.model_fields.items():
        for key in getattr(field.annotation, "model_fields", {}):
            assert describe_setting([section, key]).strip(), f"{section}.{key}"
