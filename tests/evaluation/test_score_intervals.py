import numpy as np
import pytest

from roadfcn.evaluation.details import Details
from roadfcn.evaluation.drives import Drawn
from roadfcn.evaluation.per_image import PerImageCounts
from roadfcn.evaluation.score_intervals import score_intervals
from roadfcn.label_sets import ROAD


@pytest.fixture
def rows():
    """Twenty pictures of 100 pixels; in half of them 10 of 50 road pixels are missed.

    The first seven have a calibration, and two of these see road beyond 16 m.
    """
    good, bad = np.array([[50, 0], [0, 50]]), np.array([[50, 0], [10, 40]])
    road = np.zeros((20, 2, 256), np.int64)
    road[:10, 0, 255], road[10:, 0, 255], road[10:, 0, 0] = 50, 40, 10
    road[:, 1, 0] = 50
    from_above = np.zeros((20, 4, 2, 256), np.int64)
    from_above[:7, 0] = road[:7]
    from_above[:2, 1] = road[:2]
    return PerImageCounts(
        tuple(f"um_{n:06d}" for n in range(20)),
        ("um",) * 20,
        ROAD,
        np.stack([good] * 10 + [bad] * 10),
        road,
        np.arange(20) < 7,
        from_above,
    )


def by_hand(values):
    """Draw as the documentation says: as many again, a thousand times, and the middle 95 %."""
    random = np.random.default_rng(1)
    draws = [values[random.integers(len(values), size=len(values))].mean() for _ in range(1000)]
    return np.quantile(draws, [0.025, 0.975])


def test_intervals_are_about_those_of_other_draws(rows):
    found = score_intervals(rows, "road", Drawn(None, 20))
    expected = by_hand(np.array([1.0] * 10 + [0.9] * 10))
    np.testing.assert_allclose(found["pixel_accuracy"], expected, atol=0.006)
    low, high = found["per_class"]["road"]
    assert low < 0.9 < high
    assert (found["level"], found["draws"], found["drawn"], found["of"]) == (
        *(0.95, 1000, "pictures", 20),
    )


def test_road_has_intervals_in_both_views_and_by_distance(rows):
    road = score_intervals(rows, "road", Drawn(None, 20))["road"]
    assert list(road["image"]) == ["urban_road", "um_road"]
    low, high = road["image"]["um_road"]["MaxF"]
    assert low < 2 * 0.9 / 1.9 < high  # recall 0.9 at precision 1
    # The seven frames that have a calibration are without a fault.
    assert road["birds_eye"]["um_road"]["MaxF"] == pytest.approx([1, 1])
    assert list(road["birds_eye_by_distance"]) == ["urban_road"]
    by_distance = road["birds_eye_by_distance"]["urban_road"]
    assert by_distance["6-16 m"]["MaxF"] == pytest.approx([1, 1])
    for band in ("16-26 m", "26-36 m"):  # two frames are too few, and so is none
        assert by_distance[band]["MaxF"] is None


def test_whole_drives_are_drawn_where_they_are_known(rows):
    alone = score_intervals(rows, "road", Drawn(None, 20))
    drives = tuple(f"{n // 10}{n % 3}" for n in range(20))  # three without a fault, three with
    found = score_intervals(rows, "road", Drawn(drives, 6))
    # Of the draws 1 in 64 has none but good drives, and as many none but bad ones.
    wide, narrow = (high - low for low, high in (found["pixel_accuracy"], alone["pixel_accuracy"]))
    assert wide > 1.4 * narrow
    assert found["drawn"] == "drives"


def test_of_few_drives_there_are_no_intervals_however_many_pictures_they_have(rows):
    drives = tuple("good" if n < 10 else "bad" for n in range(20))
    found = score_intervals(rows, "road", Drawn(drives, 2))
    assert (found["pixel_accuracy"], found["per_class"]["road"]) == (None, None)
    assert found["road"]["image"]["um_road"] == {"MaxF": None, "AP": None}


def test_outlines_have_intervals_if_they_were_counted(rows):
    assert "boundary_iou" not in score_intervals(rows, "road", Drawn(None, 20))
    good, bad = np.array([[10, 10], [10, 10]]), np.array([[5, 10], [5, 10]])
    # Near outlines, predicted and true, and as many of either: F1 is 1 in half, and 0.5.
    sharp, blurred = np.full((2, 4), 10), np.tile([5, 10], (2, 2))
    details = Details(
        np.stack([good] * 10 + [bad] * 10),
        np.stack([sharp] * 10 + [blurred] * 10),
        *[np.zeros((20, 5, 2, 2), np.int64), np.zeros((20, 15, 3)), np.zeros(20, np.int64)],
    )
    found = score_intervals(rows, "road", Drawn(None, 20), details)
    expected = by_hand(np.array([1.0] * 10 + [0.5] * 10))
    np.testing.assert_allclose(found["boundary_iou"], expected, atol=0.03)
    np.testing.assert_allclose(found["boundary_f1"], expected, atol=0.03)


def test_one_picture_has_no_interval(rows):
    one = PerImageCounts(
        rows.names[:1],
        rows.categories[:1],
        ROAD,
        rows.confusion[:1],
        rows.road[:1],
        rows.calibrated[:1],
        rows.road_by_distance[:1],
    )
    found = score_intervals(one, "road", Drawn(None, 1))
    assert found["mean_iou"] is None
    assert found["road"]["image"]["urban_road"] == {"MaxF": None, "AP": None}
