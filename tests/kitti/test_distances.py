import numpy as np

from golden_frame import golden_frame
from roadfcn.kitti.distances import BANDS, count_by_distance
from roadfcn.kitti.scores import count_thresholds


def test_bands_are_ten_metres_from_near_to_far():
    assert BANDS == ("6-16 m", "16-26 m", "26-36 m", "36-46 m")


def test_rows_belong_to_the_band_of_their_distance():
    # Row i is at 45.975 - 0.05 i metres: 36.025 in row 199, 35.975 in row 200.
    values = np.zeros((800, 400), np.uint8)
    for value, row in enumerate((0, 199, 200, 399, 400, 599, 600, 799), start=1):
        values[row] = value
    counts = count_by_distance(values, np.ones(values.shape, bool), values > 0)
    found = {band: np.flatnonzero(row[0]).tolist() for band, row in zip(BANDS, counts, strict=True)}
    assert found == {"36-46 m": [1, 2], "26-36 m": [3, 4], "16-26 m": [5, 6], "6-16 m": [7, 8]}


def test_the_bands_add_up_to_the_whole_window():
    # No bird's-eye picture, but of any 800 x 400 values this holds.
    values, road, valid = (np.tile(plane, (3, 1))[:800, 400:800] for plane in golden_frame())
    counts = count_by_distance(values, road, valid).sum(axis=0)
    whole = count_thresholds(values, road, valid)
    np.testing.assert_array_equal(counts, [whole.road, whole.rest])
