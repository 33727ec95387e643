"""What the cache holds, and how parts of it go."""

import os
import time

import pytest

from roadfcn.downloads.cache_contents import KINDS, contents, mark_used, remove
from roadfcn.downloads.cache_folder import place_of, unpacked_place
from roadfcn.downloads.cache_lock import alone
from roadfcn.errors import OutputError

_DAY_S = 24 * 3600


def keep(folder, name, size, age_s=0.0):
    """Put a folder with two files of `size` bytes together into the cache."""
    place = folder / name
    (place / "deeper").mkdir(parents=True)
    (place / "a").write_bytes(bytes(size - 1))
    (place / "deeper" / "b").write_bytes(b"x")
    then = time.time() - age_s
    os.utime(place, (then, then))
    return place


def names(kind, cache):
    return [one.path.name for one in contents(kind, cache)]


def test_things_are_listed_with_their_size_those_first_that_were_not_used_for_long(tmp_path):
    keep(tmp_path / "converted", "young", 7, age_s=10)
    old = keep(tmp_path / "converted", "old", 900, age_s=90)
    first, second = contents("converted", tmp_path)
    assert (first.path, first.size_bytes, second.size_bytes) == (old, 900, 7)
    mark_used(old)
    assert names("converted", tmp_path) == ["young", "old"]


def test_every_kind_has_the_folder_that_it_is_put_into():
    assert place_of("a").parent.name in KINDS
    assert unpacked_place("a").parent.name in KINDS


def test_an_empty_cache_holds_nothing(tmp_path):
    assert contents("unpacked", tmp_path / "none") == []


def test_notes_are_no_things_and_stay(tmp_path):
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    for name in ("vgg.zip", "vgg.zip.sha256", "vgg.zip.lock", "more.zip.part"):
        (downloads / name).write_text("12345")
    for one in contents("downloads", tmp_path):
        assert one.size_bytes == 5
        assert remove(one)
    assert {path.name for path in downloads.iterdir()} >= {"vgg.zip.sha256"}
    assert contents("downloads", tmp_path) == []


def test_what_is_being_made_is_left_alone_and_what_a_killed_process_left_is_not(tmp_path):
    converted = tmp_path / "converted"
    keep(converted, ".0123456789abcdef.part", 5)
    keep(converted, ".00000000ffffffff.part", 5, age_s=2 * _DAY_S)  # but a file in it is of today
    abandoned = keep(converted, ".fedcba9876543210.part", 5, age_s=2 * _DAY_S)
    for path in (abandoned / "a", abandoned / "deeper", abandoned):
        os.utime(path, (time.time() - 2 * _DAY_S,) * 2)
    (one,) = contents("converted", tmp_path)
    assert one.path == abandoned
    assert remove(one)
    left = sorted(path.name for path in converted.iterdir())
    assert left == [".00000000ffffffff.part", ".0123456789abcdef.part"]


@pytest.mark.parametrize("name", ["model", "model.refused"])
def test_what_another_process_is_at_stays(tmp_path, name):
    place = keep(tmp_path / "converted", name, 5)
    (one,) = contents("converted", tmp_path)
    with alone(place.with_name("model"), "converting"):
        assert not remove(one)
    assert place.is_dir()
    assert remove(one)
    assert not place.exists()


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path):
    elsewhere = keep(tmp_path, "elsewhere", 5)
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked" / "link").symlink_to(elsewhere)
    (one,) = contents("unpacked", tmp_path)
    assert remove(one)
    assert list((tmp_path / "unpacked").iterdir()) == []
    assert (elsewhere / "a").is_file()


def test_what_has_gone_already_is_told(tmp_path):
    place = keep(tmp_path / "converted", "model", 5)
    (one,) = contents("converted", tmp_path)
    remove(one)
    with pytest.raises(OutputError, match="could not be written: No such file"):
        remove(one)
    assert not place.exists()
