from typing import get_args

import pytest

from roadfcn.backends.torch_device import PRECISIONS
from roadfcn.cli.parts import choices
from roadfcn.datasets.exports.classes import Unlabelled
from roadfcn.datasets.exports.convert import FORMATS
from roadfcn.datasets.inventory import SPLITS
from roadfcn.datasets.layouts import LAYOUTS
from roadfcn.label_sets import LABEL_SETS
from roadfcn.prediction.results.birds_eye_inset import Corner
from roadfcn.prediction.results.outputs import Overlays
from roadfcn.training.assembly.starting import INPUT_FORMATS


@pytest.mark.parametrize(
    ("choice", "owned"),
    [
        (choices.Split, SPLITS),
        (choices.LayoutName, LAYOUTS),
        (choices.OverlayFormat, get_args(Overlays)),
        (choices.MapCorner, get_args(Corner)),
        (choices.ExportForm, FORMATS),
        (choices.Unlabelled, get_args(Unlabelled)),
        (choices.Precision, PRECISIONS),
        (choices.LabelSetName, LABEL_SETS),
        (choices.InputFormatName, INPUT_FORMATS),
    ],
)
def test_options_take_all_the_names_there_are(choice, owned):
    assert get_args(choice) == tuple(owned)


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "model", "data", "--split", "vall"),
        ("data", "stats", "data", "--layout", "coco"),
        ("data", "check", "data", "--target", "kerb"),
        ("evaluate", "model", "data", "--precision", "float8"),
        ("predict", "a.png", "--model", "m", "--out", "o", "--classes", "roads"),
    ],
)
def test_another_name_is_refused_with_those_there_are(roadfcn, words):
    result = roadfcn(*words)
    assert result.exit_code == 2
    assert f"'{words[-1]}' is not one of" in " ".join(result.stderr.split())
