from pathlib import Path

import numpy as np
import pytest

from roadfcn.image_files import write_labels
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.prediction.results.coco import bounding_box, rle
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.results.record import Record
from roadfcn.prediction.runs.journal import Journal
from roadfcn.prediction.runs.missing_shapes import add_shapes, lacks_shapes_only
from roadfcn.prediction.sources.source import Picture, Video

PICTURE, VIDEO = Picture(Path("a.jpg"), Path("x/a")), Video(Path("v.mp4"), Path("v"))
ORIGIN = ["/in/a.jpg", 100, 5]
COCO = Outputs(shapes="rle", overlays="none")
LABELS = np.array([[0, 0, 1, 1], [0, 1, 1, 1]], np.uint8)


def note(journal, out, name, origin=None):
    write_labels(out / "labels" / f"{name}.png", LABELS, ROAD)
    journal.add(Record(name, f"{name}.jpg", 2, 4, 0.625, 0.5, 0.1), origin)


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path, {}) as journal:
        note(journal, tmp_path, "x/a", ORIGIN)
        yield journal


def shape(source, out, journal):
    assert lacks_shapes_only(source, ORIGIN, out, COCO, journal)
    return add_shapes(source, ORIGIN, out, "rle", ROAD, journal)


def test_a_picture_gets_the_shapes_of_its_labels_and_keeps_all_else(tmp_path, journal):
    assert shape(PICTURE, tmp_path, journal)
    mask = LABELS == 1
    assert journal.record("x/a") == Record(
        "x/a", "x/a.jpg", 2, 4, 0.625, 0.5, 0.1, form="rle",
        shapes=[{"class": 1, "area": 5, "bbox": bounding_box(mask), "segmentation": rle(mask)}],
    )  # fmt: skip
    assert journal.is_of("x/a", ORIGIN)
    assert not lacks_shapes_only(PICTURE, ORIGIN, tmp_path, Outputs(), journal)


def test_frames_get_theirs_and_stay_the_frames_of_one_whole_video(tmp_path, journal):
    journal.begin_video("v")
    for name in ("v/000000", "v/000001"):
        note(journal, tmp_path, name)
    journal.add_video("v", {"frames": 2, "problem": None, "shapes": None, "origin": ORIGIN})
    assert not lacks_shapes_only(VIDEO, ORIGIN, tmp_path, COCO, journal)  # it became a video
    outputs = Outputs(shapes="rle", overlays="none", frames=True)
    assert lacks_shapes_only(VIDEO, ORIGIN, tmp_path, outputs, journal)
    assert add_shapes(VIDEO, ORIGIN, tmp_path, "rle", ROAD, journal)
    assert journal.frames("v") == ["v/000000", "v/000001"]
    assert journal.videos["v"]["shapes"] == "rle"
    assert [record.form for record in journal.records((), {"v"})] == ["rle", "rle"]


def test_what_is_not_done_lacks_more_than_shapes(tmp_path, journal):
    assert not lacks_shapes_only(PICTURE, ["/in/a.jpg", 99, 5], tmp_path, COCO, journal)
    (tmp_path / "labels" / "x" / "a.png").unlink()
    assert not lacks_shapes_only(PICTURE, ORIGIN, tmp_path, COCO, journal)


@pytest.mark.parametrize("kind", ["broken", "turned", "other classes"])
def test_labels_that_are_not_those_of_the_record_give_no_shapes(tmp_path, journal, kind):
    path = tmp_path / "labels" / "x" / "a.png"
    if kind == "broken":
        path.write_bytes(path.read_bytes()[:60])
    elif kind == "turned":
        write_labels(path, LABELS.T, ROAD)
    else:
        write_labels(path, 5 * LABELS, CAMVID_11)
    assert not shape(PICTURE, tmp_path, journal)
    assert journal.form("x/a") is None
