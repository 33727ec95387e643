"""`roadfcn predict --resume`: what is done again, and what is not."""

import json
import shutil
import zipfile

import pytest
from PIL import Image

from roadfcn.errors import OutputError
from roadfcn.prediction.runs.journal import Journal


@pytest.fixture
def predict(roadfcn, camvid_run, tmp_path):
    """Give a function that predicts into `out` with a tiny model, which has no background."""

    def run(*words):
        return roadfcn("predict", *words, "--model", camvid_run, "--out", tmp_path / "out")

    return run


def heights(tmp_path):
    rows = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[1:]
    return [int(row.split(",")[2]) for row in rows]


def test_another_picture_of_the_same_name_is_labelled_and_not_taken_for_done(
    predict, tmp_path, caplog
):
    for folder, size in (("a", (20, 10)), ("b", (12, 14))):
        (tmp_path / folder).mkdir()
        Image.new("RGB", size).save(tmp_path / folder / "1.png")
    predict(tmp_path / "a")
    predict(tmp_path / "b", "--resume", "--csv", tmp_path / "a.csv")
    assert heights(tmp_path) == [14]
    with Image.open(tmp_path / "out" / "labels" / "1.png") as labels:
        assert labels.size == (12, 14)
    assert "1 of the sources have changed since the earlier call" in caplog.text


def test_a_picture_that_has_changed_is_labelled_again(predict, pictures, tmp_path):
    predict(pictures)
    Image.new("RGB", (6, 4)).save(pictures / "a.png")
    result = predict(pictures, "--resume", "--csv", tmp_path / "a.csv")
    assert result.stdout.startswith("1 picture in ")
    assert heights(tmp_path) == [4, 9]


def test_shapes_of_another_form_are_made_anew(predict, pictures, tmp_path):
    predict(pictures, "--coco", tmp_path / "rle.json")
    forms = ("--coco-form", "polygons", "--coco", tmp_path / "polygons.json")
    predict(pictures, "--resume", *forms)
    for name, kind in (("rle", dict), ("polygons", list)):
        coco = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
        assert {type(one["segmentation"]) for one in coco["annotations"]} == {kind}


def test_an_archive_that_lies_elsewhere_now_is_done_again_and_one_that_does_not_is_kept(
    predict, pictures, tmp_path
):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(pictures / "a.png", "a.png")
    predict(tmp_path / "a.zip")
    assert predict(tmp_path / "a.zip", "--resume").stdout.startswith("0 pictures in ")
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / "a.zip", tmp_path / "copy")
    assert predict(tmp_path / "copy" / "a.zip", "--resume").stdout.startswith("1 picture in ")


def test_a_bad_archive_is_skipped_and_the_rest_is_labelled(predict, pictures, tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"PK broken")
    result = predict(pictures, tmp_path / "bad.zip")
    assert result.exit_code == 1
    assert result.stdout.startswith("2 of 3 pictures in ")
    assert f"skipped: the archive {tmp_path / 'bad.zip'} cannot be read" in result.stderr


def test_a_second_process_is_refused_while_the_first_one_writes(predict, pictures, tmp_path):
    predict(pictures)
    settings = json.loads((tmp_path / "out" / "records.jsonl").read_text().splitlines()[0])
    with (
        Journal(tmp_path / "out", settings["settings"], resume=True),
        pytest.raises(OutputError, match="another process writes its results into"),
    ):
        predict(pictures, "--resume")


def test_coco_is_made_of_the_labels_that_shares_have_written_without_the_network(
    predict, pictures, tmp_path
):
    for share in ("1/2", "2/2"):
        predict(pictures, "--shard", share)
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/**/*.png")}
    result = predict(pictures, "--resume", "--coco", tmp_path / "a.json")
    assert result.stdout.startswith("0 pictures in ")
    assert "2 were written by an earlier call, and stay" in result.stdout
    assert written == {path: path.stat().st_mtime_ns for path in written}
    predict(pictures, "--overwrite", "--coco", tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_of_a_kept_video_all_is_told_that_was_told_when_it_was_written(
    predict, make_video, grey_frames, tmp_path
):
    make_video(tmp_path / "drive.mp4", grey_frames(40, 200, 40, 200))
    words = (tmp_path / "drive.mp4", "--smooth", "0.5", "--json", tmp_path / "told.json")
    first_text = predict(*words).stdout
    first = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert first["videos"]["drive"]["frames"] == 4
    text = predict(*words, "--resume").stdout
    second = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert second["videos"] == first["videos"]
    assert (second["kept"], second["labelled"], second["ran"]) == (1, 0, None)
    assert first["ran"] is not None
    assert text.startswith("0 videos (0 frames) in ")
    flicker = next(line for line in first_text.splitlines() if "flicker of drive" in line)
    assert flicker.split("drive")[1].strip() in text


def test_a_recording_and_its_thumbnail_are_two_sources_to_all_that_goes_on(
    predict, make_video, grey_frames, tmp_path
):
    folder = tmp_path / "in"
    make_video(folder / "VID1.MP4", grey_frames(1, 2))
    Image.new("RGB", (20, 10)).save(folder / "VID1.jpg")
    assert predict(folder).stdout.startswith("1 picture, 1 video (2 frames) in ")
    for kind, name in (("labels", "VID1.png"), ("overlays", "VID1.png"), ("overlays", "VID1.mp4")):
        assert (tmp_path / "out" / kind / name).is_file()
    text = predict(folder, "--resume").stdout
    assert text.startswith("0 pictures, 0 videos (0 frames) in ")
    predict(folder / "VID1.jpg", "--resume", "--csv", tmp_path / "a.csv")
    assert heights(tmp_path) == [10]


@pytest.mark.parametrize("words", [("--shard", "2/2"), ("--resume",), ()])
def test_a_folder_that_a_killed_run_left_nothing_but_a_lock_in_is_as_new(
    predict, pictures, tmp_path, words
):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".records-1-of-2.jsonl.lock").touch()
    assert predict(pictures, *words).exit_code == 0
