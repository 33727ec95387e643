"""`roadfcn cache`: what is kept for later is shown, and goes."""

import json

import pytest

from roadfcn.downloads.cache_lock import alone


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Give a cache with two converted models, 3 MB together, and a fetched file with its hash."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ROADFCN_CACHE", str(folder))
    for name, size in (("first", 1_000_000), ("second", 2_000_000)):
        (folder / "converted" / name).mkdir(parents=True)
        (folder / "converted" / name / "model.onnx").write_bytes(bytes(size))
    (folder / "downloads").mkdir()
    (folder / "downloads" / "vgg.pth").write_bytes(bytes(500_000))
    (folder / "downloads" / "vgg.pth.sha256").write_text("0" * 64)
    return folder


def test_the_cache_is_listed_by_kinds(command, cache):
    code, out, _ = command("cache", "list")
    assert code == 0
    rows = {words[0]: words[1:] for line in out.splitlines() if (words := line.split())}
    assert rows["converted"][:2] == ["2", "3.0"]
    assert rows["downloads"][:2] == ["1", "0.5"]
    assert rows["unpacked"][:2] == ["0", "0.0"]
    assert f"in {cache}" in out


def test_scripts_see_each_thing(command, cache):
    values = json.loads(command("cache", "list", "--json", "-").out)
    assert values["cache"] == str(cache)
    assert values["unpacked"] == []
    sizes = {one["path"]: one["bytes"] for one in values["converted"]}
    assert sizes[str(cache / "converted" / "second")] == 2_000_000


def test_one_kind_goes_and_the_others_stay(command, cache):
    code, out, _ = command("cache", "clear", "converted", "unpacked")
    assert code == 0
    assert out.splitlines() == [
        "converted: 2 things removed, 3.0 MB",
        "unpacked: 0 things removed, 0.0 MB",
    ]
    assert list((cache / "converted").iterdir()) == []
    assert (cache / "downloads" / "vgg.pth").is_file()


def test_what_another_process_makes_stays_and_is_told(command, cache):
    with alone(cache / "converted" / "first", "converting"):
        code, out, _ = command("cache", "clear", "converted")
    assert code == 1
    assert "converted: 1 thing removed, 2.0 MB\n" in out
    assert "converted: 1 in use by another process" in out
    assert (cache / "converted" / "first" / "model.onnx").is_file()


def test_another_kind_is_refused_with_those_there_are(refused, cache):
    assert refused("cache", "clear", "converted", "runs") == "nothing of the kind 'runs' is kept"
    assert (cache / "converted" / "first").is_dir()


def test_nothing_goes_unless_it_is_named(command, cache):
    code, _, err = command("cache", "clear")
    assert code == 2
    assert "missing argument 'KIND...'" in err
    assert (cache / "converted" / "first").is_dir()
