import sys

import pytest

from roadfcn.backends.compilers import has_compiler, how_to_get_compiler


@pytest.mark.parametrize(
    ("platform", "name"), [("linux", "g++"), ("darwin", "clang++"), ("win32", "cl")]
)
def test_the_processors_compiler_is_the_one_on_the_path(tmp_path, monkeypatch, platform, name):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda command: (tmp_path / command).exists() or None)
    monkeypatch.setattr(sys, "platform", platform)
    assert not has_compiler("cpu")
    (tmp_path / name).touch()
    assert has_compiler("cpu")
    monkeypatch.setenv("CXX", "another")
    assert not has_compiler("cpu")


def test_other_devices_than_processors_and_nvidias_have_none():
    assert not has_compiler("mps")


def test_each_device_has_its_own_way_to_a_compiler(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    assert how_to_get_compiler("cuda:0") == "pip install triton"
    assert how_to_get_compiler("cpu") == "install g++: apt-get install g++ (or dnf install gcc-c++)"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert how_to_get_compiler("cpu") == "xcode-select --install"
    monkeypatch.setattr(sys, "platform", "win32")
    assert "Visual Studio" in how_to_get_compiler("cpu")
