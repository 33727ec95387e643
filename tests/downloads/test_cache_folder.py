"""One cache for each user, where the system or the user wants it."""

import sys
from pathlib import Path

import pytest

from roadfcn.downloads.cache_folder import cache_folder, place_of, unpacked_place


def test_the_environment_names_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "mine"))
    assert place_of("vgg.zip") == tmp_path / "mine" / "downloads" / "vgg.zip"
    assert unpacked_place("ab12") == tmp_path / "mine" / "unpacked" / "ab12"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="XDG's places are Linux's")
@pytest.mark.parametrize("named", [None, ""])
def test_without_it_the_system_does(monkeypatch, tmp_path, named):
    if named is None:
        monkeypatch.delenv("ROADFCN_CACHE")
    else:
        monkeypatch.setenv("ROADFCN_CACHE", named)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "roadfcn"


def test_an_argument_comes_first():
    assert cache_folder(Path("/there")) == Path("/there")
