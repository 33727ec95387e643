import io

import pytest
from rich.console import Console

from roadfcn.cli.parts.tables import show_scores
from roadfcn.label_sets import ROAD

SCORES = {
    "dataset": "kitti-road",
    "split": "val",
    "images": 1,
    "pixel_accuracy": 0.98765,
    "mean_accuracy": 0.5,
    "mean_iou": None,
    "frequency_weighted_iou": 0.25,
    "per_class": {
        "background": {"iou": 0.912, "accuracy": 1.0, "pixels": 1234567},
        "road": {"iou": None, "accuracy": None, "pixels": 0},
    },
    "road": {
        "image": {
            "urban_road": {
                "MaxF": 0.9612, "AP": 0.9, "PRE": 0.1, "REC": 0.2, "FPR": 0.3, "FNR": 0.4,
                "threshold": 0.5,
            },
            "uu_road": dict.fromkeys(("MaxF", "AP", "PRE", "REC", "FPR", "FNR", "threshold")),
        }
    },
}  # fmt: skip


def shown(scores, **options):
    text = io.StringIO()
    show_scores(scores, console=Console(file=text, width=100, **options))
    return text.getvalue()


def rows(text):
    return [line.split() for line in text.splitlines()]


def test_fractions_are_shown_as_percent_and_undefined_ones_as_a_dash():
    lines = rows(shown(SCORES))
    assert ["kitti-road,", "split", "val,", "1", "picture"] in lines
    assert ["background", "91.20", "100.00", "1,234,567"] in lines
    assert ["road", "-", "-", "0"] in lines
    assert ["mean", "-", "50.00"] in lines
    assert ["all", "pixels", "98.77"] in lines
    assert ["by", "frequency", "25.00"] in lines
    assert ["urban_road", "96.12", "90.00", "10.00", "20.00", "30.00", "40.00", "0.500"] in lines
    assert ["uu_road", *["-"] * 7] in lines


FIGURES = SCORES["road"]["image"]["urban_road"]
BANDS = ("6-16 m", "16-26 m", "26-36 m", "36-46 m")
FROM_ABOVE = {
    "image": {"urban_road": FIGURES},
    "birds_eye": {"urban_road": {**FIGURES, "MaxF": 0.8123}},
    "birds_eye_by_distance": {
        "urban_road": {
            band: {**FIGURES, "MaxF": share}
            for band, share in zip(BANDS, (0.99, 0.9, 0.8, None), strict=True)
        }
    },
}


def test_birds_eye_view_has_a_table_of_its_own_and_one_by_distance():
    text = shown({**SCORES, "road": FROM_ABOVE, "images_without_calibration": 0})
    titles = [line.strip() for line in text.splitlines() if line.strip().endswith(", in %")]
    assert titles == [
        "Classes, in %",
        "Road in the image, in %",
        "Road in bird's-eye view, in %",
        "MaxF by distance, from above, in %",
    ]
    assert ["category", *" ".join(BANDS).split()] in rows(text)
    assert ["urban_road", "99.00", "90.00", "80.00", "-"] in rows(text)
    assert ["urban_road", "81.23"] in [row[:2] for row in rows(text)]
    assert "without calibration" not in text


@pytest.mark.parametrize(
    ("dataset", "road", "told"),
    [
        ("kitti-road", SCORES["road"], True),
        ("folders", FROM_ABOVE, True),
        ("camvid", SCORES["road"], False),  # which has no calibrations to lack
    ],
)
def test_frames_without_calibration_are_told_where_there_could_be_some(dataset, road, told):
    changes = {"dataset": dataset, "road": road, "images": 3, "images_without_calibration": 2}
    line = "2 of 3 pictures without calibration: not scored in bird's-eye view."
    assert (line in shown({**SCORES, **changes}).splitlines()) == told


def test_the_pool_of_another_data_set_has_no_name_of_kittis():
    text = shown({**SCORES, "dataset": "camvid"})
    assert "urban_road" not in text
    assert ["all", "pictures", "96.12"] in [row[:3] for row in rows(text)]


def test_generated_scenes_are_not_called_kittis():
    text = shown({**SCORES, "origin": "generated scenes"})
    heading = "generated scenes in kitti-road's layout, split val, 1 picture"
    assert heading in text.splitlines()
    assert "urban_road" not in text
    assert ["all", "pictures", "96.12"] in [row[:3] for row in rows(text)]


def test_it_is_said_that_maxf_has_a_threshold_of_its_own():
    text = shown(SCORES)
    assert "are read at the threshold t on the probability of\nroad at which F1 is highest" in text
    assert "No pixel was rightly labelled" not in text
    header = next(row for row in rows(text) if row[:1] == ["category"])
    assert header[-1] == "t"


def test_a_road_that_is_never_found_is_explained_beside_its_maxf():
    per_class = {**SCORES["per_class"], "road": {"iou": 0.0, "accuracy": 0.0, "pixels": 9}}
    text = shown({**SCORES, "per_class": per_class})
    assert "No pixel was rightly labelled road, so its IoU is 0; MaxF is not, as at a low\n" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("iou", "changes", "told"),
    [(0.5, {}, True), (0.9, {}, False), (0.5, {"road_threshold": 0.5}, False), (None, {}, False)],
    ids=["far below", "near", "chosen already", "undefined"],
)
def test_a_threshold_that_gives_far_better_labels_is_named(iou, changes, told):
    per_class = {**SCORES["per_class"], "road": {"iou": iou, "accuracy": iou, "pixels": 9}}
    text = shown({**SCORES, **changes, "per_class": per_class})
    # An IoU of 1/2 is an F1 of 2/3.
    assert ("Labels have an F1 of 66.7 here" in text) == told
    assert ("--threshold 0.500 would give them 96.1." in text) == told
    assert max(map(len, text.splitlines())) <= 80


def test_labels_from_a_threshold_are_not_said_to_be_the_likeliest():
    text = shown({**SCORES, "road_threshold": 0.75})
    assert "IoU and accuracy take road from 0.75 on." in text
    assert "likeliest" not in text
    assert "IoU and accuracy take each pixel's likeliest class." in shown(SCORES)


def test_a_truth_without_road_is_not_said_to_have_a_maxf():
    per_class = {**SCORES["per_class"], "road": {"iou": 0.0, "accuracy": None, "pixels": 0}}
    assert "No pixel was rightly labelled" not in shown({**SCORES, "per_class": per_class})


def test_scores_without_road_in_the_truth_are_explained_in_one_line():
    lines = [line for line in shown(SCORES).splitlines() if "undefined" in line]
    assert lines == ["no road pixel in the truth: undefined (uu_road)"]
    lane = {"image": {"um_lane": SCORES["road"]["image"]["uu_road"]}}
    assert "no lane pixel in the truth: undefined (um_lane)" in shown({**SCORES, "road": lane})
    assert "undefined" not in shown({**SCORES, "road": FROM_ABOVE, "dataset": "folders"})


DETAILS = {
    "boundary_iou": {"mean": 0.4, "per_class": {"background": 0.5, "road": None}},
    "boundary_f1": {"mean": 0.6, "per_class": {"background": 0.7, "road": None}},
    "calibration": {
        "likeliest_class": {"expected_error": 0.0123},
        "road": {"expected_error": None},
    },
    "intervals": {
        **{"level": 0.95, "draws": 1000, "drawn": "pictures", "of": 9, "single_drive": False},
        **{"pixel_accuracy": [0.98, 0.99], "mean_iou": None, "boundary_iou": [0.38, 0.412]},
        **{"frequency_weighted_iou": [0.2, 0.3], "boundary_f1": [0.55, 0.65]},
        "per_class": {"background": [0.905, 0.92], "road": None},
        "road": {
            "image": {"urban_road": {"MaxF": [0.95, 0.97]}, "uu_road": {"MaxF": None}},
            "birds_eye": {"urban_road": {"MaxF": [0.8, 0.85]}},
        },
    },
}


def test_details_are_shown_with_their_intervals():
    text = shown({**SCORES, "details": DETAILS})
    lines = rows(text)
    assert ["background", *["90.5", "to", "92.0"], "50.00", "70.00"] in lines
    assert ["road", "-", "-", "-"] in lines
    assert ["mean", "-", "40.00", "60.00"] in lines
    assert ["its", "interval", "38.0", "to", "41.2", "55.0", "to", "65.0"] in lines
    assert ["pixel", "accuracy", "98.0", "to", "99.0"] in lines
    assert ["category", "in", "the", "image", "in", "bird's-eye", "view"] in lines
    assert ["urban_road", "95.0", "to", "97.0", "80.0", "to", "85.0"] in lines
    assert ["uu_road", "-", "-"] in lines
    assert "Expected calibration error, in %: 1.23 (of the likeliest class), - (of road)." in text
    assert "Intervals from 1000 draws of 9 pictures.\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_it_is_said_if_intervals_are_of_one_drive_or_there_are_none():
    drive = {"drawn": "stretches of a drive", "of": 10, "single_drive": True}
    changed = {**DETAILS, "intervals": {**DETAILS["intervals"], **drive}}
    text = shown({**SCORES, "details": changed})
    assert "10 stretches of a drive, which say nothing about other drives." in text
    changed["intervals"]["of"] = 1
    text = shown({**SCORES, "details": changed})
    assert "No intervals: 1 stretch of a drive is too few to say" in text


def test_without_road_there_is_no_road_table():
    intervals = {key: value for key, value in DETAILS["intervals"].items() if key != "road"}
    bare = {key: value for key, value in SCORES.items() if key != "road"}
    text = shown({**bare, "details": {**DETAILS, "intervals": intervals}})
    assert "Road in" not in text
    assert "MaxF" not in text
    assert "boundary IoU" in text


def test_classes_show_their_colour():
    assert ["■", "background", "91.20", "100.00", "1,234,567"] in _plain_rows(ROAD)
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=True, color_system="truecolor")
    show_scores(SCORES, ROAD, console)
    assert "\x1b[38;2;0;200;83m■" in text.getvalue()


def _plain_rows(label_set):
    text = io.StringIO()
    show_scores(SCORES, label_set, Console(file=text, width=100))
    return rows(text.getvalue())
