"""`roadfcn data fetch`, with an archive put into the cache by hand: no network."""

import json
import zipfile

import pytest


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """Give where fetched files lie; the working folder is empty."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache" / "downloads").mkdir(parents=True)
    return tmp_path / "cache" / "downloads"


@pytest.fixture
def archive(tmp_path, kitti, place):
    """Put a data_road.zip of three frames into the cache, laid out as the published one."""
    with zipfile.ZipFile(place / "data_road.zip", "w") as made:
        for path in kitti.rglob("*.png"):
            name = path.relative_to(kitti).as_posix()
            made.write(path, f"data_road/{name}")
            if "gt_" not in name:
                made.write(path, f"data_road/{name.replace('training', 'testing')}")
    return place / "data_road.zip"


@pytest.mark.usefixtures("archive")
def test_without_a_yes_to_the_licence_it_is_shown_and_nothing_done(command, tmp_path):
    code, out, err = command("data", "fetch", "kitti-road")
    assert code == 2
    assert out == ""
    assert "CC BY-NC-SA 3.0" in err
    assert "https://www.cvlibs.net/datasets/kitti/eval_road.php" in err
    assert "--accept-licence" in err
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.usefixtures("archive")
def test_with_it_the_data_are_where_all_commands_look(command):
    code, out, _ = command("data", "fetch", "kitti-road", "--accept-licence")
    assert code == 0
    assert out.splitlines()[0] == "fetched: data/data_road"
    counted = command("data", "stats", "data/data_road", "--split", "all", "--json", "-")
    assert json.loads(counted.out)["splits"]["test"] == 3


@pytest.mark.usefixtures("archive")
def test_a_second_time_nothing_is_done_and_said(command):
    words = ("data", "fetch", "kitti-road", "--to", "elsewhere", "--json", "-")
    first = json.loads(command(*words, "--accept-licence").out)
    assert first == {"name": "kitti-road", "path": "elsewhere/data_road", "new": True}
    second = json.loads(command(*words).out)
    assert second == {"name": "kitti-road", "path": "elsewhere/data_road", "new": False}


def test_the_archive_itself_will_do_where_a_name_does(command, archive, tmp_path):
    own = archive.rename(tmp_path / "data_road.zip")
    assert command("data", "fetch", own).code == 2
    code, out, _ = command("data", "fetch", own, "--accept-licence")
    assert code == 0
    assert out.splitlines()[0] == "fetched: data/data_road"


def test_another_archive_is_refused_and_leaves_nothing(refused, place, tmp_path):
    with zipfile.ZipFile(place / "data_road.zip", "w") as made:
        made.writestr("data_road/training/velodyne/1.bin", b"")
    told = refused("data", "fetch", "kitti-road", "--accept-licence")
    assert "does not hold training/image_2, training/gt_image_2, testing/image_2" in told
    assert not (tmp_path / "work" / "data" / "data_road").exists()


def test_a_folder_of_ones_own_need_not_be_fetched(command, tmp_path):
    (tmp_path / "work" / "kitti-road").mkdir()  # a path comes before a name
    code, out, _ = command("data", "fetch", "kitti-road")
    assert code == 0
    assert out.splitlines() == [
        "here already: kitti-road",
        "of your own: nothing was fetched; see roadfcn data check kitti-road",
    ]
    told = json.loads(command("data", "fetch", "kitti-road", "--json", "-").out)
    assert told == {"name": None, "path": "kitti-road", "new": False}


def test_an_archive_with_another_name_is_refused_with_the_right_one(command, archive, tmp_path):
    own = archive.rename(tmp_path / "road.zip")
    code, _, err = command("data", "fetch", own, "--accept-licence")
    assert code == 2
    assert f"{own} has the name of no known download\n  allowed: data_road.zip\n" in err


def test_a_name_that_is_not_known_is_refused(refused):
    assert "no known download has that name" in refused("data", "fetch", "kiti")
