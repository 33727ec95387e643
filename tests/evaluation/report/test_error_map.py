import numpy as np

from roadfcn.evaluation.report.error_map import FALSE_ALARM, MISSED, MIXED_UP, draw_error_map

IMAGE = np.full((8, 40, 3), 100, np.uint8)


def closest(pixel):
    """Name the kind of mistake that a pixel's colour is nearest to."""
    colours = {"missed": MISSED, "called": FALSE_ALARM, "mixed up": MIXED_UP, "grey": (115,) * 3}
    return min(colours, key=lambda name: np.abs(np.int64(colours[name]) - pixel).sum())


def columns(mask, labels, road):
    rows = [np.repeat(np.repeat(np.array([row], np.uint8), 8, 1), 8, 0) for row in (mask, labels)]
    drawn = draw_error_map(IMAGE, *rows, road)
    return drawn, [closest(drawn[3, 8 * index + 3]) for index in range(5)]


def test_mistakes_about_road_are_told_apart_from_others():
    # Road is 1; the columns: right, missed, called road, two others mixed up, void.
    drawn, kinds = columns([1, 1, 0, 0, 255], [1, 0, 1, 2, 1], road=1)
    assert kinds[:4] == ["grey", "missed", "called", "mixed up"]
    assert np.ptp(drawn[:, :8].astype(int), axis=2).max() == 0  # what is right is grey


def test_void_is_hatched_whatever_is_predicted_there():
    drawn, _ = columns([255] * 5, [0, 1, 2, 3, 4], road=1)
    assert np.unique(drawn[..., 0]).size > 1
    same, _ = columns([255] * 5, [1] * 5, road=1)
    np.testing.assert_array_equal(drawn, same)
    brightness = drawn[0, :, 0].astype(int)
    assert np.abs(np.diff(brightness)).max() > 60  # stripes that can be seen


def test_without_a_road_all_mistakes_are_of_one_kind():
    _, kinds = columns([0, 1, 2, 2, 0], [1, 0, 2, 1, 0], road=None)
    assert kinds == ["mixed up", "mixed up", "grey", "mixed up", "grey"]
