"""Further counts read back; damaged ones end in words."""

import numpy as np
import pytest

from roadfcn.errors import DatasetError
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.evaluation.saved_counts import read_counts
from roadfcn.evaluation.saved_details import read_details

R, M, K = (255, 0, 0), (255, 0, 255), (0, 0, 0)
FRAMES = {"um_000000": ([[255, 0, 9]], [[M, R, K]]), "uu_000000": ([[0, 90]], [[M, R]])}


@pytest.fixture
def scored(red_road, write_kitti):
    """Give an evaluation of two pictures and two classes."""
    return evaluate(red_road, write_kitti(FRAMES), details=True)


@pytest.fixture
def read(scored, tmp_path):
    """Give a function that writes further counts, some of them changed or left out; reads them."""

    def changed(**arrays):
        path = tmp_path / "per_image.npz"
        more = scored.details.arrays() | arrays
        kept = {name: rows for name, rows in more.items() if rows is not None}
        scored.per_image.write(path, kept)
        return read_details(path, read_counts(path))

    return changed


def test_what_was_written_is_read(scored, read):
    found = read()
    for name, rows in scored.details.arrays().items():
        np.testing.assert_array_equal(getattr(found, name), rows)
        assert getattr(found, name).dtype == rows.dtype


def test_where_none_were_taken_there_are_none(scored, read):
    assert read(**dict.fromkeys(scored.details.arrays())) is None


def counts(shape, kind=np.int64, value=1):
    return np.full(shape, value, kind)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (
            {"trimaps": None, "void": None},
            "it has boundary, outlines, reliability, but no trimaps, void",
        ),
        ({"boundary": counts((3, 2, 2))}, r"boundary has the shape \(3, 2, 2\), where \(2, 2, 2\)"),
        ({"outlines": counts((2, 2, 2))}, r"outlines has the shape \(2, 2, 2\)"),
        ({"trimaps": counts((2, 4, 2, 2))}, r"trimaps has the shape \(2, 4, 2, 2\)"),
        ({"reliability": counts((2, 15, 3))}, "reliability holds values of type int64"),
        (
            {"reliability": counts((2, 15, 3), np.float32)},
            "reliability holds values of type float3",
        ),
        (
            {"reliability": counts((2, 15, 3), float, np.nan)},
            "reliability holds numbers that count",
        ),
        ({"void": counts(2, value=-1)}, "void holds numbers that count nothing"),
        ({"boundary": np.array([[[3, 2]] * 2] * 2)}, "boundary counts more pixels than there are"),
        ({"outlines": np.array([[[1, 1, 2, 1]] * 2] * 2)}, "outlines counts more pixels than th"),
        (
            {"reliability": np.array([[[1.0, 0.5, 2.0]] * 15] * 2)},
            "reliability counts more pixels than there are",
        ),
        (
            {"reliability": np.array([[[1.0, 1.5, 0.0]] * 15] * 2)},
            "reliability counts more pixels than there are",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(read, arrays, words):
    with pytest.raises(DatasetError, match=words) as caught:
        read(**arrays)
    assert "per_image.npz cannot be read: " in caught.value.found
    assert caught.value.do == "score the model again: roadfcn evaluate MODEL DATA --out OUT"
