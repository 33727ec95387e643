import io

from rich.console import Console

from roadfcn.cli.tables import show_scores
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


def test_the_pool_of_another_data_set_has_no_name_of_kittis():
    text = shown({**SCORES, "dataset": "camvid"})
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


def test_without_road_there_is_no_road_table():
    text = shown({key: value for key, value in SCORES.items() if key != "road"})
    assert "Road in" not in text


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
