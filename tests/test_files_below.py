import os

import pytest

from roadfcn.errors import ImageFileError
from roadfcn.files_below import files_below, look_into
from roadfcn.image_files import find_images


@pytest.fixture
def listed(tmp_path):
    """Give a function that lists files below a folder by name, and what was refused."""

    def listing(folder):
        refused = {}
        paths = files_below(folder, lambda path, problem: refused.update({path: problem.found}))
        return sorted(path.relative_to(folder).as_posix() for path in paths), refused

    return listing


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_linked_folders_are_gone_through_once_and_under_their_own_name_where_they_have_one(
    tmp_path, listed
):
    touch(tmp_path / "disk" / "drive" / "1.png")
    touch(tmp_path / "in" / "z" / "2.png")
    (tmp_path / "in" / "disk").symlink_to(tmp_path / "disk")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "disk")
    (tmp_path / "in" / "a").symlink_to("z")
    assert listed(tmp_path / "in") == (["again/drive/1.png", "z/2.png"], {})


@pytest.mark.parametrize("target", [".", "..", "../..", "sub"])
def test_links_in_circles_end(tmp_path, listed, target):
    touch(tmp_path / "in" / "sub" / "1.png")
    (tmp_path / "in" / "sub" / "circle").symlink_to(target)
    (tmp_path / "in" / "self").symlink_to("self")
    found, refused = listed(tmp_path / "in")
    assert found == ["sub/1.png"]
    assert [path.name for path in refused if path.name != "circle"] == ["self"]


def test_links_to_nothing_are_files_or_refused(tmp_path, listed):
    (tmp_path / "1.png").symlink_to("gone.png")
    (tmp_path / "drive").symlink_to("/nowhere/drive")
    found, refused = listed(tmp_path)
    assert found == ["1.png"]
    drive = tmp_path / "drive"
    assert refused == {drive: f"{drive} is a link to nothing: /nowhere/drive"}
    assert find_images(tmp_path, refused=lambda *_: None) == [tmp_path / "1.png"]
    with pytest.raises(ImageFileError, match="is a link to nothing"):
        find_images(tmp_path)


def test_neither_hidden_files_nor_pipes_nor_what_is_no_folder_is_listed(tmp_path, listed):
    for name in (".1.png", ".git/2.png", "3.png"):
        touch(tmp_path / name)
    os.mkfifo(tmp_path / "4.png")
    assert listed(tmp_path) == (["3.png"], {})
    for none in ("3.png", "missing"):
        assert listed(tmp_path / none) == ([], {})
        assert look_into(tmp_path / none) is None
