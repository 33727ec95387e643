"""What came so far is worth something only with a note about what it is a part of."""

import pytest

from roadfcn.downloads.partial_file import Origin, PartialFile

ORIGIN = Origin("http://x/a", '"mark"', 10)


@pytest.fixture
def part(tmp_path):
    made = PartialFile(tmp_path / "a.bin")
    made.begin(ORIGIN)
    made.append([b"123", b"45"], lambda size: None)
    return made


def test_it_is_found_by_another_process(part, tmp_path):
    again = PartialFile(tmp_path / "a.bin")
    assert again.size() == 5
    assert again.origin("http://x/a") == ORIGIN
    sizes = []
    again.append([b"67", b"890"], sizes.append)
    assert sizes == [7, 10]
    again.finish()
    assert (tmp_path / "a.bin").read_bytes() == b"1234567890"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_it_counts_for_its_own_address_only(part):
    assert part.origin("http://y/a") is None


@pytest.mark.parametrize(
    "note", ["", "[1]", "{}", '{"address": "http://x/a", "validator": 3, "total": null}', "\xff"]
)
def test_a_damaged_note_counts_for_nothing(part, tmp_path, note):
    (tmp_path / "a.bin.part.json").write_text(note, encoding="latin-1")
    assert part.origin("http://x/a") is None


def test_to_begin_anew_removes_what_was_there(part, tmp_path):
    part.begin(None)
    assert part.size() == 0
    assert list(tmp_path.iterdir()) == []
