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


def test_names_that_begin_so_come_first_in_their_order(known):
    names = ("met", "net-of-two", "net-of-one", "other")
    with pytest.raises(ConfigError) as told:
        local_copy("Net", catalogue_of(*(replace(known, name=name) for name in names)))
    assert told.value.do == "did you mean net-of-two or net-of-one or met?"


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


def test_of_what_lies_at_a_path_only_a_file_with_its_name_is_a_known_one(catalogue, tmp_path):
    (tmp_path / "x.zip").write_bytes(b"")
    (tmp_path / "vgg").mkdir()
    (tmp_path / "folder" / "vgg.zip").mkdir(parents=True)
    for given in ("x.zip", "vgg", "folder/vgg.zip"):
        assert known_or_own(given, catalogue) == (None, Path(given))
    assert known_or_own("graph", catalogue) == (catalogue["graph"], None)


def test_no_words_at_all_are_no_path(catalogue):
    with pytest.raises(ConfigError, match="there is no file or folder"):
        known_or_own("", catalogue)


@pytest.fixture
def damaged_zip(vgg_zip):
    """Give the archive with a wrong byte in a file, which only its checksum tells."""
    assert vgg_zip.count(b"graph") == 1
    return vgg_zip.replace(b"graph", b"grape")


def test_a_damaged_archive_of_ones_own_makes_no_good_one_wrong(
    catalogue, damaged_zip, vgg_zip, tmp_path, cache
):
    own = tmp_path / "vgg.zip"
    own.write_bytes(damaged_zip)
    with pytest.raises(DownloadError, match="Bad CRC-32"):
        fetch_unpacked(catalogue["graph"], tmp_path / "there", own=own)
    own.write_bytes(vgg_zip)
    assert fetch_unpacked(catalogue["graph"], tmp_path / "there", own=own)
    assert not cache.exists()


@pytest.mark.parametrize("into_cache", [True, False])
def test_a_damaged_archive_that_came_makes_no_good_one_wrong(
    catalogue, site, web, damaged_zip, vgg_zip, tmp_path, cache, into_cache
):
    def bring():
        if into_cache:
            return local_copy("graph", catalogue)
        return fetch_unpacked(catalogue["graph"], tmp_path / "there")

    site.answers = [web.serve(damaged_zip, etag='"one"'), web.serve(vgg_zip, etag='"two"')]
    with pytest.raises(DownloadError, match="Bad CRC-32") as told:
        bring()
    assert str(cache / "vgg.zip") in told.value.found
    (cache / "vgg.zip").unlink()
    assert bring()
    noted = (cache / "vgg.zip.sha256").read_text()
    assert noted == f"{hashlib.sha256(vgg_zip).hexdigest()}  vgg.zip\n"


def test_another_archive_than_the_one_unpacked_first_is_refused(
    catalogue, site, web, vgg_zip, make_zip, tmp_path, cache
):
    other = make_zip({"vgg/saved_model.pb": b"other", "vgg/variables/variables.index": b""})
    site.answers = [web.serve(vgg_zip, etag='"one"'), web.serve(other, etag='"two"')]
    fetch_unpacked(catalogue["graph"], tmp_path / "there")
    (cache / "vgg.zip").unlink()
    with pytest.raises(DownloadError, match="the graph that came first had"):
        fetch_unpacked(catalogue["graph"], tmp_path / "elsewhere")
