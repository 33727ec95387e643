"""`roadfcn predict` with other sources than pictures and folders, and with parts of the work."""

import csv
import json
import zipfile

import av
import numpy as np
import pytest

from roadfcn.errors import ConfigError, ImageFileError, OutputError


def written(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def predict(roadfcn, road_run, tmp_path):
    """Give a function that predicts into `out` with a tiny model."""

    def run(*words):
        return roadfcn("predict", *words, "--model", road_run, "--out", tmp_path / "out")

    return run


def test_archives_lists_patterns_and_videos_are_predicted_together(
    predict, pictures, make_video, grey_frames, tmp_path
):
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.write(pictures / "a.png", "zipped/c.png")
    (tmp_path / "list.txt").write_text("pictures/sub/b.jpg\n", encoding="utf-8")
    video = make_video(tmp_path / "v.mp4", grey_frames(1, 2, 3), sound="aac")
    words = (f"{pictures}/*.png", tmp_path / "more.zip", f"@{tmp_path / 'list.txt'}", video)
    result = predict(*words)
    assert result.exit_code == 0
    assert result.stdout.startswith("3 pictures, 1 video (3 frames) in ")
    assert written(tmp_path / "out") == [
        "labels/a.png",
        "labels/c.png",
        "labels/pictures/sub/b.png",
        "overlays/a.png",
        "overlays/c.png",
        "overlays/pictures/sub/b.png",
        "overlays/v.mp4",
        "records.jsonl",
    ]


def test_a_picture_is_fetched_from_its_address(predict, pictures, tmp_path, web_folder):
    address = web_folder(pictures)
    result = predict(f"{address}/a.png", f"{address}/none.png")
    assert result.exit_code == 1
    assert result.stdout.startswith("1 of 2 pictures ")
    assert f"skipped: no picture could be fetched from {address}/none.png" in result.stderr
    name = f"{address.removeprefix('http://').replace(':', '-')}-a.png"
    assert written(tmp_path / "out") == [f"labels/{name}", f"overlays/{name}", "records.jsonl"]


def test_a_broken_video_is_skipped_and_a_damaged_one_kept_and_both_are_named(
    predict, make_video, noise, tmp_path
):
    folder = tmp_path / "in"
    frames = [np.roll(noise, shift, axis=1) for shift in range(12)]
    whole = make_video(folder / "b.mp4", frames, movflags="faststart").read_bytes()
    (folder / "b.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    (folder / "a.mp4").write_bytes(b"no video")
    result = predict(folder)
    assert result.exit_code == 1
    assert result.stdout.startswith("1 of 2 videos (")
    assert f"skipped: {folder / 'a.mp4'} cannot be read as a video" in result.stderr
    assert f"damaged: {folder / 'b.mp4'} breaks off" in result.stderr
    assert written(tmp_path / "out") == ["overlays/b.mp4", "records.jsonl"]


def test_every_nth_frame_for_some_seconds_as_pictures(predict, make_video, grey_frames, tmp_path):
    video = make_video(tmp_path / "v.mp4", grey_frames(*range(12)))
    words = ("--frames", "--every", "4", "--seconds", "0.9", "--probabilities", "--smooth", "0.5")
    result = predict(video, *words)
    assert result.exit_code == 0
    assert written(tmp_path / "out" / "probabilities") == [
        "v/000000.png", "v/000004.png", "v/000008.png",
    ]  # fmt: skip
    flicker = next(line for line in result.stdout.splitlines() if "flicker of v" in line)
    assert flicker.endswith("without smoothing")


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "nan"])
def test_seconds_that_are_no_length_of_time_are_refused_before_anything_is_written(
    predict, make_video, grey_frames, tmp_path, seconds
):
    video = make_video(tmp_path / "v.mp4", grey_frames(1, 2))
    with pytest.raises(ConfigError, match="seconds of a video are wanted"):
        predict(video, "--seconds", seconds)
    assert not (tmp_path / "out").exists()


def test_a_video_has_no_pictures_of_probabilities(predict, make_video, grey_frames, tmp_path):
    video = make_video(tmp_path / "v.mp4", grey_frames(1, 2))
    with pytest.raises(ConfigError, match="which becomes a video") as caught:
        predict(video, "--probabilities")
    assert caught.value.do == "add --frames, or leave the probabilities out"


def test_shares_together_do_all_of_it_and_a_last_call_makes_one_table(predict, pictures, tmp_path):
    for number in (1, 2, 3):
        result = predict(pictures, "--shard", f"{number}/3")
        assert result.exit_code == 0, result.stderr
        assert "older result" not in result.stdout
    out = tmp_path / "out"
    assert written(out / "labels") == ["a.png", "sub/b.png"]
    before = {name: (out / name).stat().st_mtime_ns for name in written(out)}
    result = predict(pictures, "--resume", "--csv", tmp_path / "all.csv")
    assert result.stdout.startswith("0 pictures in ")
    assert "2 were written by an earlier call, and stay" in result.stdout
    with (tmp_path / "all.csv").open(encoding="utf-8") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["a", "sub/b"]
    assert all((out / name).stat().st_mtime_ns == moment for name, moment in before.items())


@pytest.mark.parametrize("share", ["0/2", "3/2", "1", "a/b", "-1/2", "1/0"])
def test_shares_that_make_no_sense_are_refused(predict, pictures, tmp_path, share):
    with pytest.raises(ConfigError, match="the share of the sources is"):
        predict(pictures, f"--shard={share}")
    assert not (tmp_path / "out").exists()


def test_resuming_does_what_is_missing_and_only_that(predict, pictures, tmp_path):
    out = tmp_path / "out"
    predict(pictures)
    (out / "overlays" / "a.png").unlink()
    kept = (out / "labels" / "sub" / "b.png").stat().st_mtime_ns
    result = predict(pictures, "--resume")
    assert result.exit_code == 0
    assert result.stdout.startswith("1 picture in ")
    assert "1 were written by an earlier call" not in result.stdout
    assert "1 was written by an earlier call, and stays" in result.stdout
    assert (out / "overlays" / "a.png").is_file()
    assert (out / "labels" / "sub" / "b.png").stat().st_mtime_ns == kept


def test_resuming_with_other_settings_is_refused(predict, camvid_run, roadfcn, pictures, tmp_path):
    predict(pictures)
    with pytest.raises(OutputError, match=r"begun with other settings: opacity was 0\.5, now 0\.7"):
        predict(pictures, "--resume", "--opacity", "0.7")
    words = ("--model", camvid_run, "--out", tmp_path / "out", "--resume")
    with pytest.raises(OutputError, match=r"classes was 'road', now 'camvid-11'; model was"):
        roadfcn("predict", pictures, *words)


def test_a_folder_with_earlier_results_is_kept_and_resuming_is_offered(predict, pictures, tmp_path):
    predict(pictures)
    before = (tmp_path / "out" / "records.jsonl").read_bytes()
    with pytest.raises(OutputError, match="out holds results of an earlier call") as caught:
        predict(pictures)
    assert caught.value.do.startswith("go on with --resume, begin anew with --overwrite")
    assert (tmp_path / "out" / "records.jsonl").read_bytes() == before


def test_resuming_in_a_folder_of_something_else_is_refused(predict, pictures, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds files, but no records\.jsonl"):
        predict(pictures, "--resume")
    with pytest.raises(ConfigError, match="both --resume and --overwrite are given"):
        predict(pictures, "--resume", "--overwrite")
    assert written(tmp_path / "out") == ["mine.txt"]


def test_pictures_over_the_limit_are_skipped(predict, pictures):
    result = predict(pictures, "--max-pixels", "150")
    assert result.exit_code == 1
    assert "a.png is too large: 10 x 20 pixels" in result.stderr
    assert result.stdout.startswith("1 of 2 pictures")


def test_json_tells_what_was_done_and_nothing_else_on_standard_output(
    predict, pictures, make_video, grey_frames, road_run, tmp_path
):
    make_video(pictures / "v.mp4", grey_frames(1, 1, 1))
    (pictures / "broken.png").write_bytes(b"no")
    result = predict(pictures, "--json", "-")
    told = json.loads(result.stdout)
    assert (told["pictures"], told["labelled"], told["kept"]) == (2, 5, 0)
    assert told["videos"]["v"] == {
        "frames": 3, "flicker": 0.0, "flicker_without_smoothing": 0.0, "problem": None,
    }  # fmt: skip
    assert told["skipped"][0]["source"] == str(pictures / "broken.png")
    assert told["model"] == str(road_run)
    assert told["settings"]["classes"] == "road"
    assert told["per_second"] > 0


def test_json_and_the_journal_name_the_engine_that_ran_and_the_model_by_its_name(
    roadfcn, pictures, tmp_path
):
    words = ("--model", "slim-road", "--engine", "torch", "--device", "cpu", "--flip")
    precision = ("--precision", "float32", "--json", "-")
    done = roadfcn("predict", pictures, "--out", tmp_path / "out", *words, *precision)
    told = json.loads(done.stdout)
    ran = {"engine": "torch", "device": "cpu", "precision": "float32"}
    assert (told["ran"], told["model"]) == (ran, "slim-road")
    lines = (tmp_path / "out" / "records.jsonl").read_text(encoding="utf-8").splitlines()
    noted = [json.loads(line) for line in lines]
    assert noted[1]["ran"] == ran
    assert [line["name"] for line in noted[2:]] == ["a", "sub/b"]


def test_a_missing_source_in_a_list_is_skipped(predict, pictures, tmp_path):
    (tmp_path / "list.txt").write_text("pictures/a.png\npictures/gone.png\n", encoding="utf-8")
    result = predict(tmp_path / "list.txt")
    assert result.exit_code == 1
    assert "skipped: there is no picture" in result.stderr
    (tmp_path / "empty.txt").touch()
    with pytest.raises(ImageFileError, match=r"the list .* names nothing"):
        predict(tmp_path / "empty.txt")


def test_the_sound_is_kept(predict, make_video, grey_frames, tmp_path):
    predict(make_video(tmp_path / "v.mkv", grey_frames(*range(10)), sound="libopus"))
    with av.open(str(tmp_path / "out" / "overlays" / "v.mp4")) as container:
        assert container.streams.audio[0].codec_context.name == "opus"


def test_files_of_other_kinds_are_counted(predict, pictures, tmp_path):
    (pictures / "c.heic").write_bytes(b"x")
    (pictures / "d.gif").write_bytes(b"x")
    result = predict(pictures)
    assert result.exit_code == 0
    assert "  2 other files were not looked at: .gif (1), .heic (1)\n" in result.stdout
    told = json.loads(predict(pictures, "--overwrite", "--json", "-").stdout)
    assert told["not_looked_at"] == {".gif": 1, ".heic": 1}
