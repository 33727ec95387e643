"""What `roadfcn export` says of int8, where its figures say little."""

import io

import pytest
from rich.console import Console

from roadfcn.cli.models.export_table import _parity_table, int8_in_words
from roadfcn.export.figures import MeanIou, Parity, SizeFigures

MADE = {
    "measured": "IoU of road",
    "pictures": "streets",
    "calibration": 24,
    "control": 12,
    "iou_before": 0.9631,
    "iou_after": 0.9629,
    "compared_again": 0,
}


def test_many_pictures_of_which_none_is_compared_again_bring_no_warning():
    assert int8_in_words(MADE) == (
        "int8:    IoU of road 96.31 before and 96.29 after, on 12 other pictures (streets)"
    )


def test_the_mean_over_the_classes_is_told_where_it_was_taken():
    told = int8_in_words(MADE | {"mean_iou_before": 0.753, "mean_iou_after": 0.7509})
    assert told.endswith("; mean IoU over the classes 75.30 before and 75.09 after")
    assert int8_in_words(MADE | {"mean_iou_before": None}) == int8_in_words(MADE)


@pytest.mark.parametrize(
    ("calibration", "control", "told"),
    [(4, 1, "on 1 other picture (streets)"), (2, 2, "on 2 pictures (streets)")],
)
def test_few_pictures_are_told_with_a_warning(calibration, control, told):
    first, second = int8_in_words(
        MADE | {"calibration": calibration, "control": control}
    ).splitlines()
    assert first.endswith(told)
    assert second.startswith(f"warning: ranges were measured on {calibration} pictures only")


@pytest.mark.parametrize(
    ("truth", "told", "column"), [(0.5, "truth", "1.000"), (None, "the old labels", "3.000")]
)
def test_the_mean_column_is_what_decides(truth, told, column):
    mean = MeanIou(0.03, truth, None if truth is None else truth - 0.01)
    size = SizeFigures(10, 20, 200, 1.0, 0.1, 1.0, 0.0, truth, truth, True, mean)
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(_parity_table(Parity("IoU of road", "streets", 1, (size,))))
    text = " ".join(console.export_text().split())
    assert f"mean IoU over the classes, against {told}." in text
    assert column in text


def test_pictures_that_are_compared_again_are_told():
    _, told = int8_in_words(MADE | {"compared_again": 5}).splitlines()
    assert told.startswith("warning: 5 of the pictures that were compared took part in int8 before")
