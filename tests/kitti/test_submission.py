import zipfile

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import DatasetError, OutputError
from roadfcn.kitti.layout import FrameId
from roadfcn.kitti.submission import (
    check_complete,
    check_submission,
    entry_name,
    is_complete,
    write_submission,
)

GREY = np.arange(800 * 400, dtype=np.uint32).reshape(800, 400).astype(np.uint8)


def official():
    return [
        FrameId(category, index)
        for category, count in (("um", 96), ("umm", 94), ("uu", 100))
        for index in range(count)
    ]


@pytest.fixture
def make_zip(tmp_path):
    """Give a function that packs pictures, given by name, with Python's own tools."""

    def make(**pictures):
        path = tmp_path / "made.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for stem, picture in pictures.items():
                Image.fromarray(picture).save(tmp_path / "one.png")
                archive.write(tmp_path / "one.png", f"{stem}.png")
        return path

    return make


def test_the_benchmarks_290_frames_are_complete():
    check_complete(official())
    assert is_complete(official())


def test_a_frame_less_or_more_is_not_complete():
    assert not is_complete(official()[1:])
    assert not is_complete([*official(), FrameId("um", 96)])


def test_what_is_missing_is_named():
    frames = [frame for frame in official() if str(frame) not in ("um_000003", "uu_000099")]
    with pytest.raises(DatasetError) as caught:
        check_complete(frames)
    assert caught.value.found == "the data lacks 2 of the 290 test frames: um_000003, uu_000099"
    assert caught.value.allowed == (
        "um_000000 to um_000095 and umm_000000 to umm_000093 and uu_000000 to uu_000099"
    )
    assert "--allow-incomplete" in caught.value.do


def test_frames_that_the_benchmark_does_not_have_are_named():
    strange = [FrameId("um", index) for index in range(96, 103)]
    with pytest.raises(
        DatasetError, match=r"has 7 that the benchmark has not: um_000096, .*, \.\.\.\n"
    ):
        check_complete([*official(), *strange])


def test_pictures_are_packed_under_the_servers_names(tmp_path):
    path = tmp_path / "new" / "submission.zip"
    names = [entry_name(FrameId("um", 0), "road"), entry_name(FrameId("um", 95), "lane")]
    assert write_submission(path, [(name, GREY) for name in names]) == 2
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["um_road_000000.png", "um_lane_000095.png"]
        assert archive.testzip() is None
        with archive.open("um_lane_000095.png") as file, Image.open(file) as picture:
            assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (400, 800))
            np.testing.assert_array_equal(np.array(picture), GREY)
    assert [item.name for item in path.parent.iterdir()] == ["submission.zip"]


def test_the_same_pictures_make_the_same_bytes(tmp_path):
    for name in ("a.zip", "b.zip"):
        write_submission(tmp_path / name, [("uu_road_000000.png", GREY)])
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_picture_that_fails_leaves_the_older_archive(tmp_path):
    path = tmp_path / "s.zip"
    path.write_bytes(b"older")

    def pictures():
        yield "um_road_000000.png", GREY
        raise DatasetError("broken", allowed="whole", do="mend")

    with pytest.raises(DatasetError, match="broken"):
        write_submission(path, pictures())
    assert path.read_bytes() == b"older"
    assert [item.name for item in tmp_path.iterdir()] == ["s.zip"]


def test_a_picture_of_another_size_is_not_submitted(tmp_path):
    with pytest.raises(OutputError, match=r"holds um_road_000000.png with 800 x 399 pixels"):
        write_submission(tmp_path / "s.zip", [("um_road_000000.png", GREY[:, :399])])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a.png", "b.png"], "1 entries where 2 belong: b.png"),
        ([], "1 entries where 0 belong: a.png"),
    ],
)
def test_reading_back_names_what_is_missing_or_too_many(make_zip, names, words):
    with pytest.raises(OutputError, match=f"read back, the archive holds {words}"):
        check_submission(make_zip(a=GREY), names)


def test_reading_back_refuses_colour_pictures(make_zip):
    colour = np.repeat(GREY[..., None], 3, axis=2)
    with pytest.raises(OutputError, match=r"holds a picture that is none: .*a\.png is in colour"):
        check_submission(make_zip(a=colour), ["a.png"])


def test_reading_back_finds_a_damaged_entry_and_a_cut_archive(make_zip):
    path = make_zip(a=GREY)
    content = path.read_bytes()
    path.write_bytes(content[:300] + bytes([content[300] ^ 255]) + content[301:])
    with pytest.raises(
        OutputError, match=r"holds no whole zip archive: Bad CRC-32 for file 'a\.png'"
    ):
        check_submission(path, ["a.png"])
    path.write_bytes(content[:-30])
    with pytest.raises(OutputError, match="holds no whole zip archive: File is not a zip file"):
        check_submission(path, ["a.png"])
