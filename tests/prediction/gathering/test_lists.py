from pathlib import Path

import pytest

from roadfcn.errors import ImageFileError
from roadfcn.prediction.gathering.lists import name_of, read_source_list


def test_lines_are_given_as_they_stand_without_comments(tmp_path):
    text = "x.png\n sub/y.mp4 \n\n# no\nhttps://host/z.jpg\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    found = read_source_list(tmp_path / "a.txt")
    assert found == ["x.png", "sub/y.mp4", "https://host/z.jpg"]


def test_names_never_lead_out_of_the_results(tmp_path):
    folder = tmp_path / "in"
    lines = ("sub/w.png", "../x.png", "/data/y.png")
    found = [name_of(folder, Path(line)).as_posix() for line in lines]
    assert found == ["sub/w.png", f"{tmp_path.as_posix().lstrip('/')}/x.png", "data/y.png"]


def test_a_list_of_another_program_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfx.png\r\ny.png\r\n")
    assert read_source_list(tmp_path / "a.txt") == ["x.png", "y.png"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "names nothing"),
        (b"# only\n\n", "names nothing"),
        (b"\xff\xfe\x00", "cannot be read: it is not UTF-8"),
        (b"a\0b\n", "is no text"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path, content, said):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(ImageFileError) as caught:
        read_source_list(tmp_path / "a.txt")
    assert caught.value.found == f"the list {tmp_path / 'a.txt'} {said}"


def test_a_missing_list_is_told(tmp_path):
    with pytest.raises(ImageFileError, match="cannot be read: No such file"):
        read_source_list(tmp_path / "no.txt")


def test_an_endless_list_is_not_read(tmp_path):
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate((1 << 26) + 1)
    with pytest.raises(ImageFileError, match="has 67,108,865 bytes"):
        read_source_list(tmp_path / "a.txt")
