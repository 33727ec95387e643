import zipfile

import pytest

from roadfcn.prediction.gathering.other_files import in_words, other_files
from roadfcn.prediction.gathering.sources import find_sources


@pytest.fixture
def folder(tmp_path):
    """A folder of two pictures, a video, and much that is neither."""
    names = ("a.png", "sub/b.JPG", "c.mp4", "d.HEIC", "sub/e.heic", "f.gif", "notes", "more.zip")
    hidden = (".x.heic", ".git/config", "Thumbs.db", "out/records.jsonl", "out/road.csv")
    for name in (*names, *hidden):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "in"


def counted(word, out):
    return other_files([word], find_sources([word], out), out)


def test_what_is_no_source_is_counted_by_ending(folder):
    assert counted(folder, folder / "out") == {".heic": 2, "": 1, ".gif": 1, ".zip": 1}
    assert counted(folder / "sub", folder / "out") == {".heic": 1}


def test_what_fits_a_pattern_counts_once(folder):
    for pattern, expected in (("*", {".heic": 2, "": 1, ".gif": 1}), ("*.png", {})):
        found = other_files([f"{folder}/{pattern}"], [], folder / "out")
        assert {ending: found[ending] for ending in found if ending != ".zip"} == expected
    assert other_files([f"{folder}/**"], [], folder / "out")[".heic"] == 2


def test_what_an_archive_has_beside_pictures_counts(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("in/a.png", "in/b.mp4", "in/c.png", "in/.hidden.txt"):
            archive.writestr(name, b"x")
    assert counted(tmp_path / "a.zip", tmp_path / "out") == {".mp4": 1}


def test_files_that_were_named_themselves_do_not_count(folder):
    assert counted(folder / "d.HEIC", folder / "out") == {}


def test_it_is_said_in_words():
    assert in_words({".heic": 2, "": 1}) == (
        "3 other files were not looked at: .heic (2), without an ending (1)"
    )
    assert in_words({".gif": 1}) == "1 other file was not looked at: .gif (1)"
    assert in_words({f".{letter}": 1 for letter in "abcdef"}).endswith("(1), .e (1), ...")
