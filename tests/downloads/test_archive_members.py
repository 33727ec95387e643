"""Archives made to do harm are refused before a byte is unpacked."""

import io
import random
import stat
import struct
import tracemalloc
import zipfile

import pytest

from roadfcn.downloads.unpacking import unpack
from roadfcn.errors import DownloadError


@pytest.fixture
def refused(tmp_path):
    """Give a function that unpacks an archive, which must be refused and leave nothing."""

    def run(content, **limits):
        folder = tmp_path / "deep" / "down"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a.zip").write_bytes(content)
        with pytest.raises(DownloadError) as told:
            unpack(folder / "a.zip", folder / "target", **limits)
        assert [path.name for path in tmp_path.rglob("*")] == ["deep", "down", "a.zip"]
        return told.value.found

    return run


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "vgg/../../outside.txt",
        "/etc/outside.txt",
        "\\outside.txt",
        "..\\outside.txt",
        "C:\\outside.txt",
        "c:outside.txt",
        "vgg/name:stream",
        "vgg/new\nline",
        "vgg/\x1b[2J",
        "..",
        "./.",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(refused, make_zip, name):
    found = refused(make_zip({"vgg/good.txt": b"1", name: b"2"}))
    assert "which leads out of its folder or cannot be a file's" in found


def _with_kind(kind):
    info = zipfile.ZipInfo("vgg/odd")
    info.external_attr = (kind | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (stat.S_IFLNK, "which is a link"),
        (stat.S_IFIFO, "which is no plain file"),
        (stat.S_IFCHR, "which is no plain file"),
    ],
)
def test_what_is_no_plain_file_is_refused(refused, make_zip, kind, words):
    assert words in refused(make_zip({"vgg/good": b"", _with_kind(kind): b"/etc/passwd"}))


@pytest.mark.parametrize(
    "names",
    [
        ("vgg/a", "vgg/A"),
        ("vgg/é", "vgg/e\u0301"),
        ("vgg/a", "vgg/./a"),
        ("vgg/a", "vgg/a/b"),
        ("vgg/a/b", "vgg/a"),
    ],
)
def test_names_that_fall_on_one_another_are_refused(refused, make_zip, names):
    assert "twice" in refused(make_zip(dict.fromkeys(names, b"1")))


def test_the_same_name_twice_is_refused(refused):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("vgg/a", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("vgg/a", b"2")
    assert "holds the name 'vgg/a' twice" in refused(buffer.getvalue())


def test_an_archive_with_a_password_is_refused(refused, make_zip):
    content = bytearray(make_zip({"vgg/a": b"1"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # APPNOTE 4.4.4: bit 0 of the flags
    assert refused(bytes(content)).endswith("a.zip is encrypted")


@pytest.mark.parametrize(("method", "number"), [(zipfile.ZIP_LZMA, 14), (zipfile.ZIP_BZIP2, 12)])
def test_other_compressions_are_refused(refused, make_zip, method, number):
    content = make_zip({"vgg/a": b"1" * 100}, compression=method)
    assert f"is compressed by method {number}" in refused(content)


def test_an_archive_without_files_is_refused(refused, make_zip):
    assert "holds no files" in refused(make_zip({"vgg/": b""}))


def test_a_bomb_is_refused_by_its_size(refused, make_zip):
    content = make_zip({"vgg/a": bytes(3_000_000)}, compression=zipfile.ZIP_DEFLATED)
    found = refused(content, most_bytes=2_000_000)
    assert f"would unpack from {len(content):,} bytes to 3,000,000" in found


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_says(refused, make_zip):
    """zipfile stops at the size that is told, and then the checksum is wrong."""
    content = bytearray(make_zip({"vgg/a": bytes(3_000_000)}, compression=zipfile.ZIP_DEFLATED))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(mark) + offset
        content[at : at + 4] = struct.pack("<I", 1000)
    assert "Bad CRC-32" in refused(bytes(content), most_bytes=2000)


def test_a_list_of_files_that_would_fill_memory_is_not_read(refused):
    """20 MB of entries would be parsed into some hundred thousand objects."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", *[0] * 16)
    count = 20_000_000 // len(entry)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65535, 65535, count * len(entry), 0, 0)
    content = entry * count + end
    tracemalloc.start()
    try:
        assert "its list of files is too long" in refused(content)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_directory_said_to_have_gigabytes_takes_no_memory(refused, make_zip):
    content = bytearray(make_zip({"vgg/a": b"1"}))
    at = content.index(b"PK\5\6") + 12
    content[at : at + 4] = struct.pack("<I", 0xFFFFFFF0)
    refused(bytes(content))


def test_any_damage_is_refused_or_harmless(tmp_path, vgg_zip):
    chance = random.Random(1)
    for number in range(150):
        content = bytearray(vgg_zip)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        archive = tmp_path / "a.zip"
        archive.write_bytes(content)
        target = tmp_path / "targets" / str(number)
        try:
            unpack(archive, target, most_bytes=100_000)
        except DownloadError:
            assert not target.exists()
        assert {path.name for path in tmp_path.iterdir()} <= {"a.zip", "targets"}
