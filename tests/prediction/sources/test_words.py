"""What is told by a word alone, and that nothing large is loaded for it."""

import subprocess
import sys

import pytest
from PIL import Image

from roadfcn.prediction.sources.words import (
    address_name,
    has_torn_password,
    is_address,
    shown_address,
    without_secrets,
)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://me:secret@cam.local:554/a/b?token=1", "rtsp://cam.local:554/a/b"),
        ("rtsp://cam.local:port/a", "rtsp://cam.local/a"),
        (
            "rtsp://h:5/user=me&password=secret&channel=1",
            "rtsp://h:5/user=me&password=...&channel=1",
        ),
        ("rtsps://cam.local", "rtsps://cam.local"),
        ("http://[", "http://"),
    ],
)
def test_addresses_are_shown_without_what_is_secret(address, shown):
    assert shown_address(address) == shown


@pytest.mark.parametrize(
    ("address", "torn"),
    [
        ("rtsp://me:se/cret@cam.local/a", True),
        ("rtsp://me:se#cret@cam.local/a", True),
        ("rtsp://me:se?cret@cam.local", True),
        ("rtsp://me:se%2Fcret@cam.local/a", False),
        ("rtsp://me:se@cret@cam.local/a", False),
        ("https://cam.local:80/@user/a?b=c@d", False),
        ("rtsp://[fe80::1]/a@b", False),
        ("rtsp://[fe80::1]:554/a@b", False),
        ("rtsp://", False),
    ],
)
def test_a_password_that_ends_the_host_is_noticed(address, torn):
    assert has_torn_password(address) is torn


def test_messages_are_told_without_what_is_secret_in_addresses():
    told = without_secrets("'https://me:pw@h:1/a?key=2' leads to http://h2/b?key=3")
    assert told == "'https://h:1/a' leads to http://h2/b"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://me:pw@Host:81/a/b.x.JPG", "host-81-a-b.x"),
        ("https://host/v1.5", "host-v1.5"),
        ("https://host/../a%20b", "host-..-a-20b"),
        ("http://[", "address"),
        # printf '/a?id=1' | sha256sum
        ("https://host/a?id=1", "host-a-3ba88fdb"),
        # printf '/user=me&password=&channel=1?' | sha256sum
        ("rtsp://h/user=me&password=secret&channel=1", "h-user-me-password-channel-1-1e6213af"),
    ],
)
def test_results_of_an_address_are_called_by_host_and_path(address, name):
    assert address_name(address, (".jpg",)) == name


def test_long_addresses_have_names_that_a_file_may_have():
    names = {address_name(f"https://h/{'a' * 3000}{end}", ()) for end in "xy"}
    assert len(names) == 2
    assert max(map(len, names)) < 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [("http://a/b", True), ("HTTPS://a", True), ("httpx", False), ("ftp://a", False), ("a", False)],
)
def test_addresses_are_told_from_paths(text, expected):
    assert is_address(text) is expected


def test_a_still_picture_waits_neither_for_videos_nor_for_the_network(tmp_path):
    """PyAV and requests take a tenth of a second each to load."""
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    program = (
        "import sys\n"
        "from roadfcn.cli.app import main\n"
        f"sys.argv[1:] = ['predict', {str(tmp_path / 'a.png')!r}, '--engine', 'torch', "
        f"'--out', {str(tmp_path / 'out')!r}]\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('loaded:', sorted({'av', 'requests', 'PIL'} & {*sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded: ['PIL']"
    assert (tmp_path / "out" / "labels" / "a.png").is_file()
