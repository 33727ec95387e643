import pytest

from roadfcn.errors import ImageFileError
from roadfcn.prediction.source_lists import read_source_list


def lists(path, text):
    path.write_text(text, encoding="utf-8")
    return [(place.as_posix(), name.as_posix()) for place, name in read_source_list(path)]


def test_lines_are_relative_to_the_lists_folder_and_keep_their_path_as_name(tmp_path):
    folder = tmp_path.as_posix()
    assert lists(tmp_path / "a.txt", "x.png\n sub/y.mp4 \n\n# no\n") == [
        (f"{folder}/x.png", "x.png"),
        (f"{folder}/sub/y.mp4", "sub/y.mp4"),
    ]


def test_names_never_lead_out_of_the_results(tmp_path):
    (tmp_path / "in").mkdir()
    found = lists(tmp_path / "in" / "a.txt", "../x.png\n/data/y.png\n")
    whole = tmp_path.as_posix().lstrip("/")
    assert [name for _, name in found] == [f"{whole}/x.png", "data/y.png"]


def test_a_list_of_another_program_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfx.png\r\ny.png\r\n")
    assert [place.name for place, _ in read_source_list(tmp_path / "a.txt")] == ["x.png", "y.png"]


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
