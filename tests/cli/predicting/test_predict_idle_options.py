"""Options of `roadfcn predict` that change nothing are told, or refused."""

import pytest

from roadfcn.errors import ConfigError


@pytest.fixture
def predict(roadfcn, road_run, tmp_path):
    """Give a function that predicts into `out` with a tiny model."""

    def run(*words):
        return roadfcn("predict", *words, "--model", road_run, "--out", tmp_path / "out")

    return run


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--smooth", "0.6"), "--smooth is"),
        (("--seconds", "3"), "--seconds is"),
        (("--every", "2", "--frames"), "--every and --frames are"),
    ],
)
def test_options_for_videos_are_told_where_there_is_no_video(predict, pictures, words, told):
    done = predict(pictures, *words)
    assert done.exit_code == 0
    assert f"note: {told} for videos, and there is none here\n" in done.stderr
    assert "note" not in done.stdout


def test_nothing_is_told_where_there_is_one(predict, pictures, make_video, grey_frames):
    make_video(pictures / "v.mp4", grey_frames(1, 2))
    assert "note" not in predict(pictures, "--every", "2", "--smooth", "0.5").stderr


def test_a_form_of_coco_without_coco_is_refused(predict, pictures, tmp_path):
    with pytest.raises(ConfigError, match="--coco-form polygons without --coco") as caught:
        predict(pictures, "--coco-form", "polygons")
    assert caught.value.do == "give --coco FILE, or leave the form out"
    assert not (tmp_path / "out").exists()
