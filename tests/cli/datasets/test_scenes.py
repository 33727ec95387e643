import json

import pytest

from roadfcn.errors import ConfigError, OutputError


def test_scenes_are_written_and_the_next_step_is_named(roadfcn, tmp_path):
    out = tmp_path / "my scenes"
    result = roadfcn(
        "scenes", out, "--train", 2, "--test", 1, "--size", "40x132", "--workers", 1, "--seed", 9
    )
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first == (
        f"2 training and 1 testing frames of 40x132 (height x width) in {out} (seed 9)"
    )
    assert "the other way round" not in result.stderr
    assert second == f"look at them: roadfcn data check '{out}' --sheet sheet.png"
    assert len(list((out / "training" / "image_2").iterdir())) == 2
    assert len(list((out / "testing" / "gt_image_2").iterdir())) == 2


def test_pictures_higher_than_wide_are_pointed_out(roadfcn, tmp_path):
    order = ("scenes", tmp_path / "out", "--train", 1, "--test", 0, "--workers", 1)
    result = roadfcn(*order, "--size", "132x64")
    assert result.exit_code == 0
    assert result.stderr.startswith(
        "the pictures will be 132 pixels high and 64 wide; for the other way round give --size "
        "64x132 (height x width)\n"
    )


@pytest.mark.parametrize("size", ["375", "375x", "ax12", "375x1242x3", "-3x40", "9" * 5000 + "x9"])
def test_a_size_in_another_form_is_refused(roadfcn, tmp_path, size):
    with pytest.raises(ConfigError) as caught:
        roadfcn("scenes", tmp_path / "out", f"--size={size}")
    assert caught.value.found.startswith(f"the size is '{size[:20]}")
    assert "188x621" in caught.value.allowed
    assert not (tmp_path / "out").exists()


def test_a_negative_count_is_refused(roadfcn, tmp_path):
    with pytest.raises(ConfigError, match="train is -3 frames"):
        roadfcn("scenes", tmp_path / "out", "--train", -3)


def test_a_folder_with_files_needs_overwrite(roadfcn, tmp_path):
    (tmp_path / "old.txt").touch()
    order = ("scenes", tmp_path, "--train", 1, "--test", 0, "--size", "40x132", "--workers", 1)
    with pytest.raises(OutputError, match="pass --overwrite"):
        roadfcn(*order)
    assert roadfcn(*order, "--overwrite").exit_code == 0
    assert (tmp_path / "old.txt").exists()


def test_a_preset_without_a_feature_is_written_and_described(roadfcn, tmp_path):
    out = tmp_path / "scenes"
    order = ("scenes", out, "--train", 1, "--test", 0, "--size", "48x64", "--workers", 1)
    assert roadfcn(*order, "--preset", "anywhere", "--without", "light").exit_code == 0
    description = json.loads((out / "scenes.json").read_text())
    assert description["size"] == [48, 64]
    assert "cameras" in description["features"]
    assert "light" not in description["features"]


def test_an_unknown_feature_is_refused_with_those_there_are(roadfcn, tmp_path):
    with pytest.raises(ConfigError, match="the feature to leave out is 'weather'") as caught:
        roadfcn("scenes", tmp_path / "out", "--without", "weather")
    assert "light, sensor" in caught.value.allowed
    assert not (tmp_path / "out").exists()


def test_scores_on_generated_scenes_say_so(roadfcn, road_run, tmp_path):
    scenes, file = tmp_path / "scenes", tmp_path / "scores.json"
    roadfcn("scenes", scenes, "--train", 3, "--test", 0, "--size", "40x132", "--workers", 1)
    words = ("evaluate", road_run, scenes, "--split", "all", "--json", file)
    heading = "generated scenes in kitti-road's layout, split all, 3 pictures"
    assert heading in roadfcn(*words).stdout
    scores = json.loads(file.read_text(encoding="utf-8"))
    assert list(scores)[:3] == ["dataset", "origin", "split"]
    assert (scores["dataset"], scores["origin"]) == ("kitti-road", "generated scenes")
    (scenes / "scenes.json").unlink()
    assert "\nkitti-road, split all, 3 pictures" in roadfcn(*words).stdout
    assert "origin" not in json.loads(file.read_text(encoding="utf-8"))
