"""What came is known by its first bytes, and told in words if it is something else."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from roadfcn.downloads.content import check_content, check_start
from roadfcn.errors import DownloadError

PLACE = Path("/cache/net.bin")


def test_files_of_pytorch_old_and_new_are_known(tmp_path):
    for name, new in (("new.pth", True), ("old.pth", False)):
        path = tmp_path / name
        torch.save({"a": torch.ones(2)}, path, _use_new_zipfile_serialization=new)
        check_content(path, "torch", PLACE, "here")


def test_archives_are_known(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.ones(2))  # a zip file, made by another program
    check_content(tmp_path / "a.npz", "zip", PLACE, "here")


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        ("hdf5", b"\x89HDF\r\n\x1a\n\0\0\0"),  # HDF5 file format, III.A: the signature
        ("caffemodel", b"\x0a\x14VGG_ILSVRC_16_layers"),  # field 1, a string of 20
        ("caffemodel", b"\x12\x80\x01"),  # field 2, a V1LayerParameter
        ("caffemodel", b"\xa2\x06\x80\x01"),  # field 100, a LayerParameter
    ],
)
def test_other_files_are_known_by_their_first_bytes(kind, head):
    check_start(head, kind, PLACE, "here")


@pytest.mark.parametrize("kind", ["zip", "torch", "hdf5", "caffemodel"])
@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\n\n <!DOCTYPE html><title>Gone</title>", "an HTML page that says 'Gone'"),
        (b"\n<html><script>var a = 'x'</script></html>", "an HTML page without words"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code>", "an XML message that says"),
        (b"Too many downloads today.", "a text that says 'Too many downloads today.'"),
        (b'{"error": "quota"}', "a text that says"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "something that begins with the bytes 1f 8b 08 00"),
        (b"", "nothing: an empty file"),
    ],
)
def test_what_else_comes_is_told(kind, head, found):
    with pytest.raises(DownloadError) as told:
        check_start(head, kind, PLACE, "http://x/net.bin")
    assert told.value.found.startswith(f"http://x/net.bin gave {found}")
    assert "net.bin" in told.value.allowed
    assert str(PLACE) in told.value.do


def test_of_a_users_own_file_no_address_is_told_to_be_looked_at(tmp_path):
    own = tmp_path / "net.zip"
    own.write_bytes(b"Too many downloads today.")
    with pytest.raises(DownloadError) as told:
        check_content(own, "zip", PLACE, str(own))
    assert told.value.found == (
        f"{own} is not a zip archive, but a text that says 'Too many downloads today.'"
    )
    assert told.value.do.startswith("copy the file again")
    own.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DownloadError, match="is a zip archive without its end") as told:
        check_content(own, "zip", PLACE, str(own))
    assert told.value.do.startswith("copy the file again")


def test_a_wrong_file_in_the_cache_is_to_be_removed(tmp_path):
    place = tmp_path / "net.zip"
    place.write_bytes(b"")
    with pytest.raises(DownloadError, match="is not a zip archive, but nothing: an empty") as told:
        check_content(place, "zip", place, str(place))
    assert told.value.do.startswith(f"remove {place}")


def test_long_pages_are_told_shortly():
    with pytest.raises(DownloadError) as told:
        check_start(b"<html>" + b"word " * 800, "zip", PLACE, "x")
    assert len(told.value.found) < 200


def test_a_kind_is_not_taken_for_another(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps([1], protocol=2))
    with pytest.raises(DownloadError, match="begins with the bytes 80 02"):
        check_content(path, "zip", PLACE, str(path))


def test_an_archive_without_its_end_is_cut_short(tmp_path, vgg_zip):
    path = tmp_path / "a.zip"
    path.write_bytes(vgg_zip[:-30])
    with pytest.raises(DownloadError, match="a zip archive without its end"):
        check_content(path, "zip", PLACE, str(path))
