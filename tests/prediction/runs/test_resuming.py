from pathlib import Path

import pytest

from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.results.record import Record
from roadfcn.prediction.runs.journal import Journal
from roadfcn.prediction.runs.resuming import is_another, is_done
from roadfcn.prediction.sources.source import Picture, Video

PICTURE = Picture(Path("a.jpg"), Path("x/a"))
VIDEO = Video(Path("v.mp4"), Path("v"))
NOW, BEFORE = ["/in/a.jpg", 100, 6], ["/in/a.jpg", 100, 5]
WHOLE = {"frames": 1, "problem": None, "shapes": None, "origin": NOW}


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path, {}) as journal:
        yield journal


def note(journal, *names, origin=NOW, shapes=None, form=None):
    for name in names:
        journal.add(Record(name, name, 1, 1, None, None, 0, shapes=shapes, form=form), origin)


def touch(out, *names):
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).touch()


def test_a_picture_is_done_when_all_files_are_there_and_noted_down(tmp_path, journal):
    outputs = Outputs(probability_of="road")
    touch(tmp_path, "labels/x/a.png", "overlays/x/a.png", "probabilities/x/a.png")
    assert not is_done(PICTURE, NOW, tmp_path, outputs, journal)
    note(journal, "x/a")
    assert is_done(PICTURE, NOW, tmp_path, outputs, journal)
    (tmp_path / "probabilities" / "x" / "a.png").unlink()
    assert not is_done(PICTURE, NOW, tmp_path, outputs, journal)
    assert is_done(PICTURE, NOW, tmp_path, Outputs(), journal)


def test_a_picture_without_shapes_is_done_again_for_a_coco_file(tmp_path, journal):
    touch(tmp_path, "labels/x/a.png", "overlays/x/a.png")
    note(journal, "x/a")
    assert not is_done(PICTURE, NOW, tmp_path, Outputs(shapes="rle"), journal)
    note(journal, "x/a", shapes=[], form="rle")
    assert is_done(PICTURE, NOW, tmp_path, Outputs(shapes="rle"), journal)
    assert is_done(PICTURE, NOW, tmp_path, Outputs(), journal)


def test_a_picture_is_done_again_for_shapes_of_another_form(tmp_path, journal):
    touch(tmp_path, "labels/x/a.png", "overlays/x/a.png")
    note(journal, "x/a", shapes=[], form="rle")
    assert not is_done(PICTURE, NOW, tmp_path, Outputs(shapes="polygons"), journal)


def test_what_was_made_of_another_source_or_an_older_state_is_done_again(tmp_path, journal):
    touch(tmp_path, "labels/x/a.png", "overlays/x/a.png", "overlays/v.mp4")
    assert not is_another(PICTURE, NOW, journal)
    assert not is_another(VIDEO, NOW, journal)
    note(journal, "x/a", origin=BEFORE)
    journal.add_video("v", WHOLE | {"origin": BEFORE})
    for source in (PICTURE, VIDEO):
        assert not is_done(source, NOW, tmp_path, Outputs(), journal)
        assert is_another(source, NOW, journal)
        assert is_done(source, BEFORE, tmp_path, Outputs(), journal)
        assert not is_another(source, BEFORE, journal)


def test_a_video_is_done_when_it_is_noted_down_as_a_whole(tmp_path, journal):
    touch(tmp_path, "overlays/v.mp4")
    note(journal, "v/000000")
    assert not is_done(VIDEO, NOW, tmp_path, Outputs(), journal)
    journal.add_video("v", WHOLE)
    assert is_done(VIDEO, NOW, tmp_path, Outputs(), journal)
    assert not is_done(VIDEO, NOW, tmp_path, Outputs(shapes="rle"), journal)
    (tmp_path / "overlays" / "v.mp4").unlink()
    assert not is_done(VIDEO, NOW, tmp_path, Outputs(), journal)


def test_a_damaged_video_and_a_camera_are_done_again(tmp_path, journal):
    touch(tmp_path, "overlays/v.mp4")
    journal.add_video("v", WHOLE | {"problem": "breaks off"})
    assert not is_done(VIDEO, NOW, tmp_path, Outputs(), journal)
    journal.add_video("v", WHOLE)
    assert not is_done(Video(0, Path("v")), NOW, tmp_path, Outputs(), journal)


def test_a_video_as_pictures_is_done_when_all_its_pictures_are_there(tmp_path, journal):
    outputs = Outputs(frames=True)
    journal.begin_video("v")
    note(journal, "v/000000", "v/000010", "v/notes")
    journal.add_video("v", WHOLE | {"frames": 2})
    touch(
        tmp_path,
        *(f"{kind}/v/0000{n}.png" for kind in ("labels", "overlays") for n in ("00", "10")),
    )
    assert is_done(VIDEO, NOW, tmp_path, outputs, journal)
    (tmp_path / "labels" / "v" / "000010.png").unlink()
    assert not is_done(VIDEO, NOW, tmp_path, outputs, journal)
