"""Work in pictures of a usual size, from headers alone, reckoned by hand."""

import struct
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from roadfcn.input_format import InputFormat
from roadfcn.prediction.gathering.sources import find_sources
from roadfcn.prediction.network.views import Views
from roadfcn.prediction.runs.expected_work import USUAL_PIXELS, expected_work
from roadfcn.prediction.sources.source import Picture, Video
from roadfcn.prediction.video.watching import Watching

WHOLE = InputFormat()


@pytest.fixture
def header(tmp_path):
    """Give a function that writes a BMP with nothing but its header: its pixels are not there."""

    def write(name, width, height):
        entries = (b"BM", 54, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
        (tmp_path / name).write_bytes(struct.pack("<2sIIIIiiHHIIiiII", *entries))
        return Picture(tmp_path / name, Path(name))

    return write


def work(*sources, input_format=WHOLE, enough=10**9, **options):
    return expected_work(list(sources), Watching(), input_format, enough=enough, **options)


def test_a_huge_picture_counts_by_its_pixels_without_being_decoded(header):
    # 4e8 / 524,288 = 762.9
    assert work(header("huge.bmp", 20_000, 20_000)) == 762


def test_small_pictures_count_as_one_each(header):
    small, usual = header("a.bmp", 8, 6), header("b.bmp", 1024, 512)
    assert work(small, usual, small) == 3
    assert work(small, header("c.bmp", 1024, 1536)) == 1 + 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"max_pixels": 230_400}, 1),
        ({"max_pixels": 4 * USUAL_PIXELS}, 4),
        ({"size": (1024, 1024)}, 2),
    ],
)
def test_what_the_model_shrinks_is_no_work_for_it(header, changes, expected):
    huge = header("huge.bmp", 20_000, 20_000)
    assert work(huge, input_format=InputFormat(**changes)) == expected


def test_each_look_at_a_picture_counts(header):
    picture = header("a.bmp", 2048, 1024)  # 4
    assert work(picture, views=Views(flip=True)) == 8
    assert work(picture, views=Views(True, (0.5, 1.0, 2.0))) == 4 * 2 * 5.25
    assert work(picture, views=Views(False, (0.5,))) == 4


def test_what_is_going_to_be_skipped_is_no_work(header, tmp_path):
    huge = header("huge.bmp", 20_000, 20_000)
    (tmp_path / "no.png").write_bytes(b"no picture")
    assert work(huge, Picture(tmp_path / "no.png", Path("no")), max_pixels=10_000) == 2


def test_of_archives_the_pictures_are_looked_at_and_damaged_ones_are_not(header, tmp_path):
    picture = header("a.bmp", 2048, 1024)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(picture.path, "a.bmp")
    (tmp_path / "b.zip").write_bytes(b"PK no archive")
    found = find_sources([str(tmp_path / "a.zip"), str(tmp_path / "b.zip")], tmp_path / "out")
    assert work(*found) == 4 + 1


def test_no_file_is_opened_once_there_is_enough(header, tmp_path):
    gone = [Picture(tmp_path / f"{number}.bmp", Path(str(number))) for number in range(50)]
    assert work(*gone, enough=50) == 50
    Image.new("RGB", (8, 6)).save(tmp_path / "0.bmp")
    huge = header("huge.bmp", 20_000, 20_000)
    assert work(*gone, huge, enough=50) == 51, "it was not looked at"


def test_frames_of_videos_are_added_and_nobody_knows_how_many_a_camera_gives(
    header, make_video, grey_frames, tmp_path
):
    make_video(tmp_path / "a.mp4", grey_frames(*range(10)), rate=10)
    video, picture = Video(tmp_path / "a.mp4", Path("a")), header("a.bmp", 2048, 1024)
    assert work(video, picture) == 10 + 4
    assert work(picture, Video(0, Path("camera-0"))) is None
