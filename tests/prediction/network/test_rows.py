import cv2
import numpy as np
import pytest

from roadfcn.prediction.network.rows import even_rows, resized_rows


def cut(maps, rng):
    """Cut maps into bands of any number of rows, none as well."""
    return np.split(maps, sorted(rng.integers(0, maps.shape[1] + 1, 3)), axis=1)


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_given_by_the_same_number_and_stay_as_they_are(seed):
    rng = np.random.default_rng(seed)
    maps = rng.normal(size=(2, rng.integers(1, 60), 3)).astype(np.float32)
    count = int(rng.integers(1, 40))
    pieces = list(even_rows(cut(maps, rng), count))
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), maps)
    assert all(piece.shape[1] == count for piece in pieces[:-1])
    assert 1 <= pieces[-1].shape[1] <= count


@pytest.mark.parametrize("seed", range(30))
def test_resizing_by_rows_is_what_opencv_does_to_the_whole(seed):
    rng = np.random.default_rng(seed)
    height, width, to_height, to_width = (int(side) for side in rng.integers(1, 90, 4))
    maps = rng.normal(size=(3, height, width)).astype(np.float32)
    rows = resized_rows(cut(maps, rng), (height, width), (to_height, to_width), 16)
    expected = [cv2.resize(plane, (to_width, to_height)) for plane in maps]
    np.testing.assert_allclose(np.concatenate(list(rows), axis=1), expected, atol=3e-5)


def test_few_rows_are_given_at_a_time_however_much_maps_grow():
    maps = np.zeros((2, 3, 4), np.float32)
    assert max(rows.shape[1] for rows in resized_rows([maps], (3, 4), (1000, 5), 64)) == 64


def test_maps_may_be_wider_than_opencvs_short_numbers():
    maps = np.arange(4, dtype=np.float32).reshape(1, 1, 4)
    (rows,) = resized_rows([maps], (1, 4), (1, 40_000), 64)
    assert (rows[0, 0, 0], rows[0, 0, -1]) == (0, 3)
