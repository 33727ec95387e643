import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import (
    ConfigError,
    ImageFileError,
    LabelSetError,
    ModelFileError,
    OutputError,
)


def written(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def opened(path):
    with Image.open(path) as picture:
        picture.load()
        return picture


def test_a_folder_is_predicted_and_the_summary_says_where_to_look(
    roadfcn, road_run, pictures, tmp_path
):
    out = tmp_path / "out"
    result = roadfcn("predict", pictures, "--model", road_run, "--out", out)
    assert result.exit_code == 0
    assert written(out) == [
        "labels/a.png",
        "labels/sub/b.png",
        "overlays/a.png",
        "overlays/sub/b.png",
        "records.jsonl",
    ]
    assert opened(out / "labels" / "sub" / "b.png").size == (7, 9)
    first, overlays, labels, model, ran = result.stdout.splitlines()
    assert re.fullmatch(r"2 pictures in \d+\.\d s, [\d.]+/s", first)
    assert overlays.split() == ["overlays", str(out / "overlays")]
    assert labels.split() == ["labels", str(out / "labels")]
    assert model.split() == ["model", str(road_run)]
    assert re.fullmatch(r"  ran +(torch|onnx|openvino) on \S+ in (float32|bfloat16)", ran)


def test_without_a_model_the_shipped_one_is_taken_and_named(command, pictures, tmp_path):
    code, out, _ = command("predict", pictures, "--out", tmp_path / "out")
    assert code == 0
    assert out.splitlines()[-2] == (
        "  model     slim-road, which comes with roadfcn (--model takes another)"
    )
    labels = np.array(opened(tmp_path / "out" / "labels" / "a.png"))
    assert (labels.shape, labels.max() <= 1) == ((10, 20), True)


def test_a_shipped_model_can_be_named(command, pictures, tmp_path):
    words = ("predict", pictures / "a.png", "--out", tmp_path / "out", "--model")
    assert command(*words, "slim-camvid11").out.splitlines()[-2] == (
        "  model     slim-camvid11, which comes with roadfcn"
    )


def test_an_unknown_name_gets_the_models_that_there_are(roadfcn, pictures, tmp_path):
    with pytest.raises(ModelFileError, match="there is no model slim-camvid") as told:
        roadfcn("predict", pictures, "--out", tmp_path / "out", "--model", "slim-camvid")
    assert "slim-road, slim-camvid11" in told.value.allowed
    assert told.value.do == "did you mean slim-camvid11?"


def test_probabilities_are_those_of_road_and_the_summary_says_so(
    roadfcn, camvid_run, pictures, tmp_path
):
    out = tmp_path / "out"
    result = roadfcn(
        "predict", pictures / "a.png", "--model", camvid_run, "--out", out, "--probabilities"
    )
    assert opened(out / "probabilities" / "a.png").mode == "L"
    assert result.stdout.splitlines()[1:5] == [
        f"  overlays             {out / 'overlays'}",
        f"  legend               {out / 'overlay-legend.png'}",
        f"  labels               {out / 'labels'}",
        f"  probability of road  {out / 'probabilities'}",
    ]
    assert re.match(r"1 picture in \d+\.\d s, [\d.]+/s\n", result.stdout)


def test_the_probability_of_another_class_is_written_on_demand(
    roadfcn, camvid_run, pictures, tmp_path
):
    arguments = ("predict", pictures / "a.png", "--model", camvid_run, "--out", tmp_path / "out")
    result = roadfcn(*arguments, "--probability-of", "car")
    assert "probability of car" in result.stdout
    with pytest.raises(LabelSetError, match="has no class 'kerb'"):
        roadfcn(*arguments, "--probability-of", "kerb", "--overwrite")


def test_an_11_class_model_answers_in_road_on_demand(roadfcn, camvid_run, pictures, tmp_path):
    out = tmp_path / "out"
    roadfcn("predict", pictures, "--model", camvid_run, "--out", out, "--classes", "road")
    assert np.array(opened(out / "labels" / "a.png")).max() <= 1


def test_an_unknown_label_set_is_refused(roadfcn, road_run, pictures, tmp_path):
    out = tmp_path / "out"
    result = roadfcn("predict", pictures, "--model", road_run, "--out", out, "--classes", "roads")
    assert result.exit_code == 2
    assert "'roads' is not one of 'road'" in " ".join(result.stderr.split())
    assert not out.exists()


def test_a_broken_picture_is_named_and_the_exit_code_is_1(roadfcn, road_run, pictures, tmp_path):
    (pictures / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    out = tmp_path / "out"
    result = roadfcn("predict", pictures, "--model", road_run, "--out", out)
    assert result.exit_code == 1
    assert "labels/broken.png" not in written(out)
    assert result.stdout.startswith("2 of 3 pictures in ")
    assert f"skipped: {pictures / 'broken.png'} cannot be read as a picture" in result.stderr


def test_if_all_pictures_are_broken_the_summary_says_so_and_no_folder_is_made(
    roadfcn, road_run, tmp_path
):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    out = tmp_path / "out"
    result = roadfcn("predict", tmp_path / "broken.png", "--model", road_run, "--out", out)
    assert result.exit_code == 1
    assert re.fullmatch(r"0 of 1 pictures in \d+\.\d s\n", result.stdout)
    assert not out.exists()


def test_results_of_other_runs_stay_and_are_counted(roadfcn, road_run, pictures, tmp_path):
    out = tmp_path / "out"
    arguments = ("predict", pictures, "--model", road_run, "--out", out)
    assert "stay" not in roadfcn(*arguments, "--probabilities").stdout
    (pictures / "sub" / "b.jpg").unlink()
    left = roadfcn(*arguments, "--overwrite").stdout.splitlines()[-1].strip()
    # Of b all three kinds; of a the probability, which was not written this time.
    assert left == f"4 older results stay there too, such as {out / 'labels' / 'sub' / 'b.png'}"
    assert len(written(out)) == 7


def test_a_folder_with_files_is_kept_unless_overwriting(roadfcn, road_run, pictures, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    arguments = ("predict", pictures, "--model", road_run, "--out", out)
    with pytest.raises(OutputError, match=r"the output folder .*out is not empty"):
        roadfcn(*arguments)
    assert written(out) == ["notes.txt"]
    assert roadfcn(*arguments, "--overwrite").exit_code == 0
    assert "notes.txt" in written(out)


def test_results_may_lie_in_the_source_folder_and_be_made_again(roadfcn, road_run, pictures):
    arguments = ("predict", pictures, "--model", road_run, "--out", pictures, "--overwrite")
    roadfcn(*arguments)
    before = written(pictures)
    roadfcn(*arguments)
    assert written(pictures) == before


def test_a_missing_model_is_refused_and_no_folder_is_made(roadfcn, pictures, tmp_path):
    with pytest.raises(ModelFileError, match=r"there is no model .*nowhere"):
        roadfcn("predict", pictures, "--model", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_source_is_refused(roadfcn, road_run, tmp_path):
    with pytest.raises(ImageFileError, match="there is no picture or folder"):
        roadfcn("predict", tmp_path / "no", "--model", road_run, "--out", tmp_path / "out")


@pytest.mark.parametrize("opacity", ["-0.1", "1.1", "much"])
def test_an_impossible_opacity_is_refused(roadfcn, road_run, pictures, tmp_path, opacity):
    arguments = ("--model", road_run, "--out", tmp_path / "out", f"--opacity={opacity}")
    assert roadfcn("predict", pictures, *arguments).exit_code == 2


def test_an_error_is_three_lines_without_traceback_and_exit_code_2(tmp_path):
    command = [sys.executable, "-m", "roadfcn", "predict", str(tmp_path / "no")]
    command += ["--model", str(tmp_path), "--out", str(tmp_path / "out")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (
        f"roadfcn: there is no picture or folder {tmp_path / 'no'}\n"
        "  allowed: existing pictures, videos, folders, archives and lists; patterns that fit "
        "some; camera:0; rtsp://, camera:http:// and https:// addresses\n"
        "  do this: check the path\n"
    )


def test_test_time_augmentation_changes_the_answer_and_the_summary_says_so(
    roadfcn, road_run, noise, tmp_path
):
    Image.fromarray(noise).save(tmp_path / "noise.png")
    plain = ("predict", tmp_path / "noise.png", "--model", road_run, "--probabilities", "--out")
    roadfcn(*plain, tmp_path / "plain")
    done = roadfcn(*plain, tmp_path / "flip", "--flip", "--scales", "0.5,1")
    assert done.stdout.splitlines()[-2].endswith(
        f"{road_run}, with test-time augmentation: flip, scales 0.5, 1"
    )
    picture = ("probabilities", "noise.png")
    before, after = (opened(tmp_path.joinpath(way, *picture)) for way in ("plain", "flip"))
    assert before.tobytes() != after.tobytes()


def test_scales_that_make_no_sense_are_refused_before_anything_is_written(
    roadfcn, road_run, pictures, tmp_path
):
    with pytest.raises(ConfigError, match="the scales to look at a picture are 'two'"):
        roadfcn(
            "predict", pictures, "--model", road_run, "--out", tmp_path / "out", "--scales", "two"
        )
    assert not (tmp_path / "out").exists()


def test_a_threshold_decides_what_is_road_and_the_summary_says_so(
    roadfcn, road_run, noise, tmp_path
):
    Image.fromarray(noise).save(tmp_path / "noise.png")
    words = ("predict", tmp_path / "noise.png", "--model", road_run, "--out", tmp_path / "out")
    done = roadfcn(*words, "--threshold", "1")
    assert done.stdout.splitlines()[-2].endswith(f"{road_run}; road from a probability of 1 on")
    assert set(np.unique(opened(tmp_path / "out" / "labels" / "noise.png"))) == {0}
    with pytest.raises(OutputError, match=r"threshold was 1\.0, now 0\.0"):
        roadfcn(*words, "--threshold", "0", "--resume")
    roadfcn(*words, "--threshold", "0", "--overwrite")
    assert set(np.unique(opened(tmp_path / "out" / "labels" / "noise.png"))) == {1}


def test_an_impossible_threshold_is_refused_before_anything_is_written(
    command, road_run, pictures, tmp_path
):
    words = ("predict", pictures, "--model", road_run, "--out", tmp_path / "out")
    code, _, err = command(*words, "--threshold", "-1")
    assert code == 2
    assert "the threshold on the probability of road is -1" in err
    assert not (tmp_path / "out").exists()
