import csv
import json
import os
from dataclasses import replace

import pytest

from roadfcn.errors import OutputError
from roadfcn.prediction.results.record import Record
from roadfcn.prediction.results.record_table import write_record_table

PICTURE = Record("a/b, c", "a/b, c.jpg", 375, 1242, 1 / 3, 0.25, 0.0421)
FRAME = Record("drive/000010", "drive/000010.png", 720, 1280, 0.5, 0.75, 0.1, time_s=0.4004)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_table_has_a_line_for_each_picture_and_frame(tmp_path):
    write_record_table(tmp_path / "sub" / "a.csv", [PICTURE, FRAME], "road")
    assert rows(tmp_path / "sub" / "a.csv") == [
        [
            "name",
            "time_s",
            "height",
            "width",
            "road_share",
            "road_probability",
            "seconds",
            "problem",
        ],
        ["a/b, c", "", "375", "1242", "0.333333", "0.25", "0.0421", ""],
        ["drive/000010", "0.4004", "720", "1280", "0.5", "0.75", "0.1", ""],
    ]


def test_what_was_skipped_has_a_line_at_its_place_with_the_reason_and_no_figures(tmp_path):
    skipped = [("z", "z.png is empty"), ("c", 'c.jpg, the "third", is empty')]
    write_record_table(tmp_path / "a.csv", [PICTURE, FRAME], "road", skipped)
    names, last = zip(*((row[0], row[-1]) for row in rows(tmp_path / "a.csv")), strict=True)
    assert names == ("name", "a/b, c", "c", "drive/000010", "z")
    assert last == ("problem", "", 'c.jpg, the "third", is empty', "", "z.png is empty")
    assert rows(tmp_path / "a.csv")[2][1:-1] == [""] * 6


def test_a_name_that_is_no_text_is_written_as_json_has_it(tmp_path):
    """Linux lets a file be called by any bytes: here "é" in Latin-1."""
    name = os.fsdecode(b"caf\xe9")
    write_record_table(tmp_path / "a.csv", [replace(PICTURE, name=name)], "road")
    assert rows(tmp_path / "a.csv")[1][0] == "caf\\udce9" == json.dumps(name).strip('"')


def test_without_a_measured_class_its_columns_are_left_out(tmp_path):
    write_record_table(tmp_path / "a.csv", [PICTURE], None)
    assert rows(tmp_path / "a.csv")[0] == [
        "name", "time_s", "height", "width", "seconds", "problem",
    ]  # fmt: skip
    assert len(rows(tmp_path / "a.csv")[1]) == 6


def test_an_error_among_the_records_leaves_the_older_table(tmp_path):
    path = tmp_path / "a.csv"
    write_record_table(path, [PICTURE], "road")
    before = path.read_bytes()

    def broken():
        yield FRAME
        raise ValueError("the journal is gone")

    with pytest.raises(ValueError, match="the journal is gone"):
        write_record_table(path, broken(), "road")
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["a.csv"]


def test_a_folder_in_its_place_is_told(tmp_path):
    with pytest.raises(OutputError, match="is a folder"):
        write_record_table(tmp_path, [PICTURE], "road")


@pytest.mark.parametrize(
    ("time_s", "shown"),
    [(0.0, "0"), (10.0, "10"), (10000.04, "10000.04"), (36000.033367, "36000.033367")],
)
def test_frames_of_a_long_video_have_times_of_their_own(tmp_path, time_s, shown):
    write_record_table(tmp_path / "a.csv", [replace(FRAME, time_s=time_s)], None)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["time_s"] == shown
