"""What may not be read among pictures, as someone whom the rights of files hold."""

import json

import pytest
from PIL import Image


@pytest.fixture
def closed(pictures):
    """Give the folder of pictures with one more, in a folder that nobody may look into."""
    folder = pictures / "closed"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "c.png")
    folder.chmod(0)
    yield folder
    folder.chmod(0o755)


def predict(run, model, out, *words):
    return run("predict", *words, "--model", model, "--out", out, "--engine", "torch")


@pytest.mark.parametrize("pattern", ["", "/**/*.*", "/*", "/*/*.png"])
def test_a_folder_that_may_not_be_read_is_skipped_and_named(
    without_privileges, road_run, closed, tmp_path, pattern
):
    words = (f"{closed.parent}{pattern}", "--json", "-")
    done = predict(without_privileges, road_run, tmp_path / "out", *words)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["pictures"] == (0 if pattern == "/*/*.png" else 2)
    problem = f"no permission to look into the folder {closed}"
    assert told["skipped"] == [{"source": str(closed), "problem": problem}]


def test_a_folder_named_by_itself_that_may_not_be_read_is_refused(
    without_privileges, road_run, closed, tmp_path
):
    done = predict(without_privileges, road_run, tmp_path / "out", closed)
    assert done.returncode == 2
    assert f"roadfcn: no permission to look into the folder {closed}\n" in done.stderr
    assert "model.safetensors" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_picture_in_a_folder_that_may_not_be_entered_is_refused(
    without_privileges, road_run, closed, tmp_path
):
    done = predict(without_privileges, road_run, tmp_path / "out", closed / "c.png")
    assert done.returncode == 2
    assert f"roadfcn: no permission to look at {closed / 'c.png'}\n" in done.stderr
    assert "  allowed: paths that you may read\n" in done.stderr


def test_a_picture_that_may_not_be_read_is_skipped_and_named(
    without_privileges, road_run, pictures, tmp_path
):
    (pictures / "a.png").chmod(0)
    done = predict(without_privileges, road_run, tmp_path / "out", pictures)
    assert done.returncode == 1
    assert done.stdout.startswith("1 of 2 pictures")
    assert f"skipped: no permission to read {pictures / 'a.png'}" in done.stderr


def test_what_a_list_names_in_a_folder_that_may_not_be_entered_waits_for_its_turn(
    without_privileges, road_run, closed, tmp_path
):
    (tmp_path / "list.txt").write_text("pictures/closed/c.png\npictures/a.png\n", "utf-8")
    done = predict(without_privileges, road_run, tmp_path / "out", tmp_path / "list.txt")
    assert done.returncode == 1
    assert done.stdout.startswith("1 of 2 pictures")
    assert f"skipped: no permission to read {closed / 'c.png'}" in done.stderr


def test_bench_refuses_a_folder_that_may_not_be_read_whole(without_privileges, road_run, closed):
    done = without_privileges("bench", road_run, "--pictures", closed.parent)
    assert done.returncode == 2
    assert f"no permission to look into the folder {closed}\n" in done.stderr


def test_links_in_a_folder_are_followed_and_told_where_they_lead_nowhere(
    command, road_run, pictures, tmp_path
):
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "linked").symlink_to(pictures)
    (tmp_path / "frames" / "dead.png").symlink_to("gone.png")
    (tmp_path / "frames" / "drive").symlink_to("/nowhere/drive")
    words = (tmp_path / "frames", "--json", "-")
    code, out, err = predict(command, road_run, tmp_path / "out", *words)
    assert code == 1, err
    told = json.loads(out)
    assert told["pictures"] == 2
    assert (tmp_path / "out" / "labels" / "linked" / "sub" / "b.png").is_file()
    assert sorted(skipped["source"].rpartition("/")[2] for skipped in told["skipped"]) == [
        "dead.png",
        "drive",
    ]
