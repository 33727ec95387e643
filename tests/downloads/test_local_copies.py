"""A name, a file, a folder or an archive: each gives a path on this machine."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from roadfcn.downloads.known_file import catalogue_of
from roadfcn.downloads.local_copies import fetch_unpacked, find_local, known_or_own, local_copy
from roadfcn.errors import ConfigError, DownloadError


@pytest.fixture
def catalogue(known, known_zip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return catalogue_of(known, replace(known_zip, name="graph", unpacks_to=Path("data/vgg")))


def test_what_lies_at_a_path_is_taken_as_it_is(catalogue, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.h5").write_bytes(b"\x89HDF")
    assert local_copy("folder", catalogue) == Path("folder")
    assert local_copy(tmp_path / "a.h5", catalogue) == tmp_path / "a.h5"


def test_a_path_comes_before_a_name(catalogue, tmp_path, site):
    (tmp_path / "vgg").mkdir()
    assert local_copy("vgg", catalogue) == Path("vgg")
    assert site.requests == []


def test_an_archive_of_the_users_is_unpacked_once_by_its_hash(catalogue, tmp_path, vgg_zip):
    (tmp_path / "my.zip").write_bytes(vgg_zip)
    folder = local_copy("my.zip", catalogue)
    sha256 = hashlib.sha256(vgg_zip).hexdigest()
    assert folder == tmp_path / "cache" / "unpacked" / sha256
    assert (folder / "saved_model.pb").read_bytes() == b"graph"
    before = (folder / "saved_model.pb").stat()
    (tmp_path / "renamed").write_bytes(vgg_zip)
    assert local_copy("renamed", catalogue) == folder
    assert (folder / "saved_model.pb").stat() == before


def test_models_that_are_zip_files_are_no_archives(catalogue, tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "a.pth")
    np.savez(tmp_path / "a.npz", a=np.ones(2))
    for name in ("a.pth", "a.npz"):
        assert local_copy(name, catalogue) == Path(name)


def test_a_damaged_archive_is_left_to_whoever_reads_it(catalogue, tmp_path, vgg_zip):
    content = bytearray(vgg_zip)
    content[content.index(b"PK\1\2")] = 0  # the list of files, where its end says it begins
    (tmp_path / "a.zip").write_bytes(content)
    assert local_copy("a.zip", catalogue) == Path("a.zip")


def test_a_name_is_fetched(catalogue, site, web, cache):
    site.answers = [web.serve()]
    assert local_copy("vgg", catalogue) == cache / "net.caffemodel"


def test_a_name_of_an_archive_gives_its_folder_and_wants_the_archive_no_more(
    catalogue, site, web, vgg_zip, cache
):
    site.answers = [web.serve(vgg_zip)]
    folder = local_copy("graph", catalogue)
    assert (folder / "saved_model.pb").read_bytes() == b"graph"
    (cache / "vgg.zip").unlink()
    assert local_copy("graph", catalogue, offline=True) == folder
    assert len(site.requests) == 1


def test_the_folder_where_an_archive_belongs_is_found_first(catalogue, tmp_path, site):
    (tmp_path / "data" / "vgg" / "variables").mkdir(parents=True)
    assert find_local(catalogue["graph"]) is None  # it lacks saved_model.pb
    (tmp_path / "data" / "vgg" / "saved_model.pb").write_bytes(b"graph")
    assert local_copy("graph", catalogue) == Path("data/vgg") == find_local(catalogue["graph"])
    assert site.requests == []


def test_what_is_neither_path_nor_name_is_told_with_names_like_it(catalogue):
    with pytest.raises(ConfigError) as told:
        local_copy("grahp", catalogue)
    assert told.value.found == (
        "there is no file or folder grahp, and no known download has that name"
    )
    assert told.value.allowed == "a path, or one of vgg, graph"
    assert told.value.do == "did you mean graph?"


def test_a_name_like_none_gets_no_guess(catalogue):
    with pytest.raises(ConfigError) as told:
        local_copy("resnet", catalogue)
    assert told.value.do == "give one of these names, or a path"


def test_a_known_archive_becomes_the_folder_asked_for_once(catalogue, site, web, vgg_zip, tmp_path):
    site.answers = [web.serve(vgg_zip)]
    target = tmp_path / "there"
    assert fetch_unpacked(catalogue["graph"], target)
    assert (target / "variables" / "variables.index").read_bytes() == b"index"
    assert not fetch_unpacked(catalogue["graph"], target)
    assert len(site.requests) == 1


def test_a_copy_of_the_users_is_checked_and_taken(catalogue, site, vgg_zip, tmp_path):
    own = tmp_path / "VGG.zip"
    own.write_bytes(vgg_zip)
    known, found = known_or_own(str(own), catalogue)
    assert (known.name, found) == ("graph", own)
    assert fetch_unpacked(known, tmp_path / "there", own=own)
    assert site.requests == []
    strict = replace(known, sha256="0" * 64)
    with pytest.raises(DownloadError, match=r"VGG\.zip gave another file than graph"):
        fetch_unpacked(strict, tmp_path / "elsewhere", own=own)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_of_another_name_is_no_known_one(catalogue, tmp_path):
    (tmp_path / "x.zip").write_bytes(b"")
    with pytest.raises(ConfigError) as told:
        known_or_own("x.zip", catalogue)
    assert told.value.found == "x.zip has the name of no known download"
    assert told.value.allowed == "net.caffemodel, vgg.zip"
