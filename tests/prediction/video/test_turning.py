import numpy as np
import pytest

from roadfcn.prediction.video.turning import is_sideways, turned

# A stored frame of two rows and three columns, its pixels named by numbers.
STORED = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)
ONE = 1 << 16


def matrix(a, b, c, d):
    return np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], np.int32).tobytes()


@pytest.mark.parametrize(
    ("entries", "shown"),
    [
        ((ONE, 0, 0, ONE), [[0, 1, 2], [3, 4, 5]]),
        # A telephone held upright: what was the left edge is the upper one.
        ((0, ONE, -ONE, 0), [[3, 0], [4, 1], [5, 2]]),
        ((-ONE, 0, 0, -ONE), [[5, 4, 3], [2, 1, 0]]),
        ((0, -ONE, ONE, 0), [[2, 5], [1, 4], [0, 3]]),
        # Mirrored, as some front cameras store it.
        ((-ONE, 0, 0, ONE), [[2, 1, 0], [5, 4, 3]]),
        ((0, ONE, ONE, 0), [[0, 3], [1, 4], [2, 5]]),
    ],
)
def test_a_frame_is_turned_as_the_standard_says(entries, shown):
    found = turned(STORED, matrix(*entries))
    assert found[..., 0].tolist() == shown
    assert found.flags.c_contiguous
    assert is_sideways(matrix(*entries)) == (len(shown) == 3)


def test_each_point_goes_where_the_matrix_sends_it():
    """(p, q) becomes (a p + c q, b p + d q), up to a shift that brings all points into view."""
    for entries in [(0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0), (0, 1, 1, 0), (0, -1, -1, 0)]:
        a, b, c, d = entries
        places = {(p, q): (a * p + c * q, b * p + d * q) for q in range(2) for p in range(3)}
        left, top = (min(place[axis] for place in places.values()) for axis in (0, 1))
        found = turned(STORED, matrix(*(entry * ONE for entry in entries)))
        for (p, q), (x, y) in places.items():
            assert found[y - top, x - left, 0] == STORED[q, p, 0]


@pytest.mark.parametrize("given", [None, b"", matrix(46341, 46341, -46341, 46341)])
def test_no_matrix_and_turns_by_other_angles_leave_a_frame_alone(given):
    np.testing.assert_array_equal(turned(STORED, given), STORED)
    assert not is_sideways(given)
