import struct
import zlib

import numpy as np
import pytest

from roadfcn.datasets.mat_files import MAX_BYTES, read_matrix
from roadfcn.datasets.sbd_truth import read_segmentation
from roadfcn.errors import ImageFileError

HEADER = {"<": b"\0\1IM", ">": b"\1\0MI"}


def _element(kind, content, order="<"):
    padding = b"" if kind == 15 else b"\0" * (-len(content) % 8)
    return struct.pack(f"{order}II", kind, len(content)) + content + padding


def _variable(kind, shape, name, *parts, order="<"):
    flags = _element(6, struct.pack(f"{order}II", kind, 0), order)
    sizes = _element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
    return _element(14, flags + sizes + _element(1, name, order) + b"".join(parts), order)


def _truth(values, shape, *, kind=9, stored=2, order="<", field=b"Segmentation"):
    """A structure GTcls with one field, a matrix of values given column by column."""
    packed = np.asarray(values).astype(order + {2: "u1", 3: "i2", 9: "f8"}[stored]).tobytes()
    matrix = _variable(kind, shape, b"", _element(stored, packed, order), order=order)
    names = [
        _element(5, struct.pack(f"{order}i", 32), order),
        _element(1, field.ljust(32, b"\0"), order),
    ]
    return _variable(2, (1, 1), b"GTcls", *names, matrix, order=order)


@pytest.fixture
def mat(tmp_path):
    def write(*elements, order="<"):
        path = tmp_path / "2008_000002.mat"
        path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + HEADER[order] + b"".join(elements))
        return path

    return write


@pytest.mark.parametrize("kind", ["plain", "packed", "doubles"])
def test_what_scipy_wrote_is_read_to_the_pixel(sbd_truth, kind, tmp_path):
    path = tmp_path / "a.mat"
    path.write_bytes(sbd_truth[kind].tobytes())
    read = read_segmentation(path)
    assert read.dtype == np.uint8
    assert np.array_equal(read, sbd_truth["segmentation"])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "stored"), [(9, 2), (6, 9), (6, 2), (11, 3)])
def test_both_byte_orders_and_all_ways_of_storing_are_read_column_by_column(
    mat, order, kind, stored
):
    path = mat(
        _truth([0, 1, 2, 3, 4, 255], (2, 3), kind=kind, stored=stored, order=order), order=order
    )
    assert read_segmentation(path).tolist() == [[0, 2, 4], [1, 3, 255]]


def test_small_elements_lie_in_their_tag(mat):
    tagged = struct.pack("<HH4s", 2, 4, bytes([9, 8, 7, 6]))
    matrix = _variable(9, (2, 2), b"", tagged)
    names = [struct.pack("<HHi", 5, 4, 4), struct.pack("<HH4s", 1, 4, b"abc\0")]
    path = mat(_variable(2, (1, 1), b"s", *names, matrix))
    assert read_matrix(path, "s", "abc").tolist() == [[9, 7], [8, 6]]


@pytest.mark.parametrize(
    ("element", "words"),
    [
        (_variable(9, (1, 1), b"other", _element(2, b"\1")), "has no structure GTcls"),
        (_truth([1], (1, 1), field=b"Boundaries"), "has the fields Boundaries and no Segmentation"),
        (_truth([1, 2, 3], (2, 2)), "Segmentation is 2 x 2 with 3 values"),
        (_truth([1], (2**30, 2**30)), "1073741824 x 1073741824 with 1 values"),
        (_truth([1, 2], (1, 2, 1)), "Segmentation is no matrix of numbers"),
        (_truth([1, 2], (1, 2), kind=4), "Segmentation is no matrix of numbers"),
        (_truth([0.5, 2], (1, 2), kind=6, stored=9), "holds 0.5 to 2.0, not whole numbers"),
        (_truth([float("nan"), 1e99], (1, 2), kind=6, stored=9), "holds nan to nan, not whole"),
        (
            _element(14, _element(9, struct.pack("<d", float("inf"))) * 3),
            "cannot convert float inf",
        ),
        (_truth([-1, 2], (1, 2), kind=11, stored=3), "holds -1 to 2, not whole numbers"),
        (struct.pack("<II", 14, 2**31) + b"\0" * 32, "breaks off"),
        (struct.pack("<HHI", 2, 5, 0) + b"\0" * 8, "breaks off"),
        (b"\1\2\3", "requires a buffer"),
        (_element(14, b""), "breaks off"),
        (_element(14, _element(99, b"\0" * 8)), "numbers of the unknown type 99"),
        (_element(14, _element(6, b"") + _element(5, b"") + _element(1, b"")), "has no flags"),
        (_element(15, b"no zlib stream"), "incorrect header check"),
        (_element(15, zlib.compress(b"\0" * 99)[:-6]), "breaks off"),
        (_element(15, zlib.compress(b"")), "breaks off"),
        (_element(15, zlib.compress(b"\0" * (MAX_BYTES + 1))), "unpacks to 16777216 bytes or more"),
    ],
)
def test_what_is_no_truth_is_refused_with_its_reason(mat, element, words):
    path = mat(element)
    with pytest.raises(ImageFileError, match=words) as caught:
        read_segmentation(path)
    assert caught.value.found.startswith(f"{path} cannot be read as a MATLAB file: ")
    assert caught.value.allowed == "a whole MATLAB file of level 5 that holds GTcls.Segmentation"


def test_another_kind_of_file_is_refused(tmp_path):
    path = tmp_path / "a.mat"
    for content, words in (
        (b"", "does not begin as one"),
        (b"\x89PNG".ljust(200), "does not begin as one"),
        (b"MATLAB 7.3 MAT-file".ljust(512), r"of version 7\.3, another format \(HDF5\)"),
    ):
        path.write_bytes(content)
        with pytest.raises(ImageFileError, match=words):
            read_segmentation(path)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "a.mat"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ImageFileError, match="has 16777217 bytes, more than 16777216"):
        read_segmentation(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ImageFileError, match=r"gone\.mat cannot be read .* No such file"):
        read_segmentation(tmp_path / "gone.mat")


def test_a_file_that_breaks_off_anywhere_is_refused(sbd_truth, tmp_path):
    path, whole = tmp_path / "a.mat", sbd_truth["packed"].tobytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ImageFileError):
            read_segmentation(path)
