from pathlib import Path

import pytest

from roadfcn.errors import OutputError
from roadfcn.prediction.gathering.names import check_names
from roadfcn.prediction.sources.source import Picture, RemotePicture, Video

OUT = Path("out")


def picture(name):
    return Picture(Path("in") / name, Path(name).with_suffix(""))


def video(name):
    return Video(Path("in") / name, Path(name).with_suffix(""))


def refusal(*sources):
    with pytest.raises(OutputError) as caught:
        check_names(sources, OUT)
    return caught.value


def test_pictures_and_videos_do_not_take_each_others_place():
    check_names([picture("a.jpg"), video("a.mp4"), picture("x/a.jpg")], OUT)


def test_two_of_a_kind_are_refused_and_patterns_that_part_them_are_told():
    problem = refusal(picture("a.jpg"), picture("a.png"))
    target = OUT / "labels" / "a.png"
    assert problem.found == (
        f"{Path('in/a.jpg')} and {Path('in/a.png')} would both be written to {target}"
    )
    assert problem.do == (
        'predict them in two calls, "FOLDER/**/*.jpg" and "FOLDER/**/*.png", each with an --out '
        "of its own"
    )
    problem = refusal(video("a.mp4"), video("a.mov"))
    assert problem.found.endswith(f"would both be written to {OUT / 'overlays' / 'a.mp4'}")


def test_all_pairs_are_told_at_once_the_first_six_by_name():
    names = [f"{letter}.{ending}" for letter in "abcdefgh" for ending in ("jpg", "png")]
    found = refusal(*map(picture, names)).found
    assert ", and so it is with 7 more pairs: " in found
    assert f"{Path('in/b.jpg')} and {Path('in/b.png')}; {Path('in/c.jpg')} and " in found
    assert found.endswith(f"{Path('in/f.jpg')} and {Path('in/f.png')}; ...")
    assert "and so it is with 1 more pair: " in refusal(*map(picture, names[:4])).found


def test_where_endings_are_the_same_no_pattern_parts_them():
    for other in (
        Picture(Path("other/a.jpg"), Path("a")),
        RemotePicture("https://host/a.png", Path("a")),
    ):
        assert refusal(picture("a.jpg"), other).do == (
            "predict them in two calls, each with an --out of its own, or rename one of them"
        )


def test_what_is_called_as_a_frame_of_a_video_is_refused():
    check_names([video("drive.mp4"), picture("drive/notes.png")], OUT)
    for frame in (picture("drive/000010.png"), video("drive/000010.mp4")):
        assert "would both be called drive" in refusal(frame, video("drive.mp4")).found
