"""Counts of each picture read back; hostile files end in words, and cost no memory."""

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from roadfcn.errors import DatasetError
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.evaluation.saved_counts import read_counts
from roadfcn.label_sets import CAMVID_11, ROAD

R, M, K = (255, 0, 0), (255, 0, 255), (0, 0, 0)
FRAMES = {"um_000000": ([[255, 0, 9]], [[M, R, K]]), "uu_000000": ([[0, 90]], [[M, R]])}
PLAIN = {
    "names": np.array(["a", "b"]),
    "categories": np.array(["", ""]),
    "classes": np.array(["left", "right"]),
    "confusion": np.ones((2, 2, 2), np.int64),
}


@pytest.fixture
def write(tmp_path):
    """Give a function that writes arrays as they are given, over those of a good file."""

    def write(**arrays):
        path = tmp_path / "per_image.npz"
        kept = {name: array for name, array in (PLAIN | arrays).items() if array is not None}
        np.savez_compressed(path, **kept)
        return path

    return write


def test_what_was_written_is_read(red_road, write_kitti, tmp_path):
    rows = evaluate(red_road, write_kitti(FRAMES)).per_image
    rows.write(tmp_path / "per_image.npz", {"more": np.zeros(2)})
    found = read_counts(tmp_path / "per_image.npz")
    assert found.label_set is ROAD
    for name in ("names", "categories"):
        assert getattr(found, name) == getattr(rows, name)
    for name in ("confusion", "road", "calibrated", "road_by_distance"):
        np.testing.assert_array_equal(getattr(found, name), getattr(rows, name))
        assert getattr(found, name).dtype == getattr(rows, name).dtype


def test_classes_that_nobody_knows_get_colours_that_differ(write):
    found = read_counts(write())
    assert found.label_set.classes == ("left", "right")
    assert len(set(found.label_set.colours)) == 2
    assert found.road is None
    assert found.calibrated.tolist() == [False, False]


def test_files_from_before_birds_eye_view_are_read(write):
    road = np.ones((2, 2, 256), np.int64)
    found = read_counts(write(road=road, classes=np.array(ROAD.classes)))
    assert found.road_by_distance.shape == (2, 4, 2, 256)
    assert not found.road_by_distance.any()
    assert not found.calibrated.any()


def test_classes_of_a_known_set_have_its_colours(write):
    counts = np.ones((2, 11, 11), np.int64)
    assert read_counts(write(classes=np.array(CAMVID_11.classes), confusion=counts)).label_set is (
        CAMVID_11
    )


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"confusion": None}, "it has no confusion"),
        ({"confusion": np.ones((2, 2, 3), np.int64)}, r"confusion has the shape \(2, 2, 3\)"),
        (
            {"confusion": -np.ones((2, 2, 2), np.int64)},
            "confusion holds numbers that count nothing",
        ),
        ({"confusion": np.full((2, 2, 2), 2**60)}, "confusion holds numbers that count nothing"),
        ({"confusion": np.ones((2, 2, 2))}, "confusion holds values of type float64"),
        # Eight times as large when it is read as what it counts:
        ({"confusion": np.ones((2, 2, 2), np.int8)}, "confusion holds values of type int8"),
        ({"names": np.array(["a", "a"])}, "it has two pictures of one name"),
        ({"names": np.array([], "U1")}, "it has no pictures"),
        ({"names": np.array([["a"], ["b"]])}, "its names are no list"),
        ({"names": np.array(["a", "\ud800"])}, "surrogates not allowed"),
        ({"categories": np.array(["um"])}, "categories has the shape"),
        ({"road": np.ones((2, 2, 255), np.int64)}, r"road has the shape \(2, 2, 255\)"),
        ({"calibrated": np.ones(3, np.bool_)}, r"calibrated has the shape \(3,\)"),
        ({"classes": np.array(["x"] * 2)}, "names x more than once"),
        ({"classes": np.array([], "U1")}, "it has no classes"),
        ({"classes": np.arange(256).astype(str)}, "it has 256 classes"),
    ],
)
def test_what_makes_no_sense_is_refused(write, arrays, words):
    with pytest.raises(DatasetError, match=words) as caught:
        read_counts(write(**arrays))
    assert "per_image.npz cannot be read: " in caught.value.found
    assert caught.value.do == "score the model again: roadfcn evaluate MODEL DATA --out OUT"


def test_a_missing_file_and_one_that_is_no_archive_are_refused(tmp_path):
    path = tmp_path / "per_image.npz"
    with pytest.raises(DatasetError, match="there is no such file"):
        read_counts(path)
    path.write_bytes(b"no archive")
    with pytest.raises(DatasetError, match="not a zip file"):
        read_counts(path)


def test_every_cut_and_many_changed_bytes_end_in_words(write):
    whole = write().read_bytes()
    path = write()
    generator = np.random.default_rng(3)
    damaged = [whole[:length] for length in range(0, len(whole), 40)]
    for _ in range(150):
        content = bytearray(whole)
        content[generator.integers(len(content))] = generator.integers(256)
        damaged.append(bytes(content))
    refused = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            read_counts(path)
        except DatasetError:
            refused += 1
    assert refused > len(damaged) / 3


def header(shape, kind="<i8"):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": kind, "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


def test_pickles_are_not_opened(write):
    opened = []

    class Trap:
        def __reduce__(self):
            return opened.append, (1,)

    with pytest.raises(DatasetError, match="names holds values of type object"):
        read_counts(write(names=np.array([Trap(), Trap()], object)))
    assert opened == []


def test_a_header_that_promises_terabytes_takes_no_memory(write):
    path = write(confusion=None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("confusion.npy", header((2**20, 2**10, 2**10)) + bytes(100))
    with pytest.raises(DatasetError, match="confusion is shorter or longer than it says"):
        read_counts(path)


def with_member(path, name, content):
    """Write an archive again with one member replaced."""
    with zipfile.ZipFile(path) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in (members | {name: content}).items():
            archive.writestr(member, data)


@pytest.mark.parametrize(
    ("name", "start", "words"),
    [
        ("confusion", header((2**23,)), r"confusion has the shape \(8388608,\)"),
        ("names", header((2**24,), "<U1"), "it has 16777216 pictures"),
        ("names", b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "expected 4294967295 bytes"),
    ],
)
def test_what_does_not_belong_is_not_unpacked(write, name, start, words):
    path = write()
    with_member(path, f"{name}.npy", start + bytes(2**26))
    tracemalloc.start()
    try:
        with pytest.raises(DatasetError, match=words):
            read_counts(path)
        assert tracemalloc.get_traced_memory()[1] < 2**21
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "text",
    [
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2, 2",  # ends within brackets
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (2L, 2L, 2L)}",  # Python 2's
    ],
)
def test_a_header_that_numpy_would_have_to_mend_is_refused(write, text):
    path = write()
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
    with_member(path, "confusion.npy", start + bytes(64))
    with pytest.raises(DatasetError, match="the header of confusion makes no sense"):
        read_counts(path)


def test_values_behind_a_header_that_leaves_some_out_are_not_read(write):
    """The archive's checksum is looked at only where a member is read to its end."""
    names, confusion = np.arange(9999).astype("U9"), np.ones((9999, 2, 2), np.int64)
    path = write(names=names, categories=names, confusion=confusion)
    arrays = dict(np.load(path))
    np.savez(path, **arrays)  # nothing is packed, so that a byte can be changed alone
    content = path.read_bytes()
    assert content.count(b"<U9") == 2
    path.write_bytes(content.replace(b"<U9", b"<U8"))
    with pytest.raises(DatasetError, match="names is shorter or longer than it says"):
        read_counts(path)


def test_a_member_that_unpacks_to_more_than_the_limit_is_not_unpacked(write, monkeypatch):
    path = write(confusion=np.zeros((2, 2, 2**14), np.int64))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr("roadfcn.evaluation.saved_arrays.MAX_BYTES", 2**19)
    with pytest.raises(DatasetError, match=r"unpacks to 52\d{4} bytes, more than 524288"):
        read_counts(path)
