"""Known files are fetched once, checked each time, and nothing half-written is ever left."""

import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from roadfcn.downloads.fetching import fetch
from roadfcn.downloads.known_file import Licence
from roadfcn.errors import DownloadError, OutputError


def until(condition):
    """Wait for something that another process or thread does."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def fetch_elsewhere(known):
    """Give a function that fetches the file in a process of its own."""
    started = []

    def start():
        code = (
            "from roadfcn.downloads.fetching import fetch\n"
            "from roadfcn.downloads.known_file import KnownFile, Licence\n"
            f"print(fetch({known!r}))\n"
        )
        started.append(
            subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_file_is_fetched_once_and_then_found(site, web, known, cache):
    site.answers = [web.serve()]
    told = []
    path = fetch(known, progress=lambda done, total: told.append((done, total)))
    assert path == cache / "net.caffemodel"
    assert path.read_bytes() == web.content
    assert fetch(known, offline=True) == path
    assert len(site.requests) == 1
    assert told[-1] == (300_007, 300_007)
    assert told == sorted(told)
    assert {file.name for file in cache.iterdir()} <= {
        "net.caffemodel",
        "net.caffemodel.sha256",
        "net.caffemodel.lock",
    }


def test_a_fetch_that_was_killed_goes_on(site, web, known, cache, fetch_elsewhere):
    site.answers = [web.serve(cut=200_000, stall=True), web.serve()]
    process = fetch_elsewhere()
    part = cache / "net.caffemodel.part"
    until(lambda: part.exists() and part.stat().st_size > 0)
    process.kill()
    process.wait()
    assert fetch(known, patience=web.patience).read_bytes() == web.content
    assert site.ranges()[1] is not None


def test_of_two_fetches_at_once_one_brings_and_one_waits(
    site, web, known, cache, fetch_elsewhere, caplog
):
    site.answers = [web.serve(cut=200_000, stall=True)]
    process = fetch_elsewhere()
    until(lambda: site.requests)
    found = []
    waiting = threading.Thread(target=lambda: found.append(fetch(known)))
    waiting.start()
    until(lambda: "another process is fetching net.caffemodel" in caplog.text)
    assert found == []
    site.released.set()
    waiting.join(20)
    assert process.communicate()[0].strip() == str(found[0]) == str(cache / "net.caffemodel")
    assert len(site.requests) == 1


@pytest.mark.parametrize("digits", [64, 8])
def test_a_wrong_sha256_is_refused_and_what_came_is_removed(site, web, known, cache, digits):
    site.answers = [web.serve()]
    wrong = "0" + web.sha256[1:digits] if web.sha256[0] != "0" else "1" + web.sha256[1:digits]
    with pytest.raises(DownloadError) as told:
        fetch(replace(known, sha256=wrong))
    assert f"{site.address}/models/net.caffemodel gave another file" in told.value.found
    assert web.sha256 in told.value.found
    assert wrong in told.value.allowed
    assert [file.name for file in cache.iterdir() if not file.name.endswith(".lock")] == []
    assert fetch(replace(known, sha256=web.sha256[:digits])).read_bytes() == web.content


def test_without_a_cache_that_can_be_used_nothing_is_asked(site, web, known, cache):
    cache.parent.write_bytes(b"a file in its way")
    with pytest.raises(OutputError, match="a part of its path is a file"):
        fetch(known)
    assert site.requests == []


def test_a_licence_has_to_be_accepted(site, web, known):
    strict = replace(known, licence=Licence("Strict 1.0", "https://x.org", must_be_accepted=True))
    site.answers = [web.serve()]
    with pytest.raises(DownloadError) as told:
        fetch(strict)
    assert "Strict 1.0" in told.value.found
    assert "https://x.org" in told.value.allowed
    assert "--accept-licence" in told.value.do
    assert site.requests == []
    assert fetch(strict, accept_licence=True).read_bytes() == web.content


def test_offline_the_address_and_the_place_for_the_file_are_told(site, known, cache):
    with pytest.raises(DownloadError) as told:
        fetch(known, offline=True)
    assert site.requests == []
    assert known.address in told.value.found
    assert str(cache / "net.caffemodel") in told.value.do
    assert "https://example.org/about" in told.value.do


def test_a_file_put_in_its_place_by_hand_is_found(site, web, known, cache):
    cache.mkdir(parents=True)
    (cache / "net.caffemodel").write_bytes(web.content)
    assert fetch(replace(known, sha256=web.sha256), offline=True) == cache / "net.caffemodel"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"<html><body>Not found", "is not a caffemodel, but an HTML page that says 'Not found'"),
        (b"", "is not a caffemodel, but nothing: an empty file"),
        (b"\x0a\x05VGG19", "it has the SHA-256"),
    ],
)
def test_a_wrong_file_put_in_its_place_by_hand_is_refused_and_kept(
    web, known, cache, content, found
):
    cache.mkdir(parents=True)
    (cache / "net.caffemodel").write_bytes(content)
    with pytest.raises(DownloadError) as told:
        fetch(replace(known, sha256=web.sha256))
    assert found in told.value.found
    assert str(cache / "net.caffemodel") in told.value.found + told.value.do
    assert (cache / "net.caffemodel").read_bytes() == content


def test_a_file_that_cannot_be_read_is_told(known, cache):
    (cache / "net.caffemodel").mkdir(parents=True)
    with pytest.raises(DownloadError, match=r"net\.caffemodel cannot be read: Is a directory"):
        fetch(known)


def test_what_has_no_room_is_refused_before_it_comes(site, web, known, mount_tmpfs):
    disk = mount_tmpfs("size=128k")
    site.answers = [web.serve()]
    with pytest.raises(OutputError, match=r"no room for .*it needs 0\.3 MB, 0\.1 are free"):
        fetch(known, cache=disk)
    assert not list(disk.rglob("*.part"))


def test_a_disk_that_fills_up_is_told(site, web, known, mount_tmpfs):
    disk = mount_tmpfs("size=128k")
    site.answers = [web.serve(headers={"Content-Length": None})]
    with pytest.raises(OutputError, match=r"the disk is full: .*net\.caffemodel could not"):
        fetch(known, cache=disk)
    assert not (disk / "downloads" / "net.caffemodel").exists()


def test_a_cache_that_others_fill_can_be_read(web, known, mount_tmpfs, caplog):
    disk = mount_tmpfs("size=1m")
    (disk / "downloads").mkdir()
    (disk / "downloads" / "net.caffemodel").write_bytes(web.content)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert fetch(known, cache=disk, offline=True).read_bytes() == web.content
    assert "could not be noted" in caplog.text


def test_a_cache_that_cannot_be_written_is_told(site, known, mount_tmpfs):
    disk = mount_tmpfs("size=1m")
    (disk / "downloads").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(OutputError) as told:
        fetch(known, cache=disk)
    assert "cannot be locked" in told.value.found
    assert "ROADFCN_CACHE" in told.value.do
    assert site.requests == []
