from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import OutputError
from roadfcn.label_sets import CAMVID_11, EGO_LANE, ROAD, VOC_21
from roadfcn.overlays import blend
from roadfcn.prediction.network.predictor import LabelMap
from roadfcn.prediction.results import outputs as module
from roadfcn.prediction.results.outputs import Outputs, frame_stem, main_result
from roadfcn.prediction.sources.source import Picture, Video


def answer_of(labels, probability=None, label_set=ROAD):
    return LabelMap(np.array(labels, np.uint8), probability, label_set)


def test_labels_overlay_and_probability_are_written(tmp_path):
    image = np.full((1, 2, 3), 100, np.uint8)
    answer = answer_of([[0, 1]], np.array([[3, 250]], np.uint8))
    Outputs(probability_of="road").write(tmp_path, Path("sub/a"), image, answer)
    places = Outputs(probability_of="road").paths(tmp_path, Path("sub/a"))
    assert [path.relative_to(tmp_path).as_posix() for path in places] == [
        "labels/sub/a.png",
        "overlays/sub/a.png",
        "probabilities/sub/a.png",
    ]
    found = [np.array(Image.open(path)) for path in places]
    assert found[0].tolist() == [[0, 1]]
    assert found[1][0, 0].tolist() == [100, 100, 100]
    np.testing.assert_allclose(found[1][0, 1], (100 + np.array(ROAD.colours[1])) / 2, atol=1)
    assert found[2].tolist() == [[3, 250]]


def test_without_asking_there_is_no_probability(tmp_path):
    answer = answer_of([[1]], np.array([[9]], np.uint8))
    Outputs().write(tmp_path, Path("a"), np.zeros((1, 1, 3), np.uint8), answer)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels", "overlays"]


def test_overlays_are_jpegs_or_none_if_that_is_wanted(tmp_path, noise):
    answer = answer_of(np.zeros(noise.shape[:2]))
    jpeg = Outputs(overlays="jpeg")
    jpeg.write(tmp_path / "jpeg", Path("a.b"), noise.copy(), answer)
    assert jpeg.paths(tmp_path / "jpeg", Path("a.b")) == sorted(
        path for path in (tmp_path / "jpeg").rglob("*") if path.is_file()
    )
    with Image.open(tmp_path / "jpeg" / "overlays" / "a.b.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", noise.shape[1::-1])
    none = Outputs(overlays="none")
    none.write(tmp_path / "none", Path("a"), noise, answer)
    assert none.paths(tmp_path / "none", Path("a")) == [tmp_path / "none" / "labels" / "a.png"]
    assert [path.name for path in (tmp_path / "none").rglob("*")] == ["labels", "a.png"]


def test_bands_of_rows_give_the_overlay_of_the_whole(noise, monkeypatch):
    labels = np.random.default_rng(0).integers(0, 11, noise.shape[:2], np.uint8)
    whole = blend(noise, labels, CAMVID_11, 0.3)
    monkeypatch.setattr(module, "_BAND_PIXELS", 5 * noise.shape[1])
    Outputs(opacity=0.3).draw(noise, answer_of(labels, label_set=CAMVID_11))
    np.testing.assert_array_equal(noise, whole)


def test_outlines_are_drawn_over_the_colours_if_they_are_wanted(noise):
    labels = np.zeros(noise.shape[:2], np.uint8)
    labels[:, 5:] = 1
    plain, lined = noise.copy(), noise.copy()
    Outputs().draw(plain, answer_of(labels))
    Outputs(outlines=True).draw(lined, answer_of(labels))
    assert (lined[:, 5] == 255).all()
    assert (lined[:, [4, 6]] == plain[:, [4, 6]] // 2).all()
    others = np.delete(np.arange(labels.shape[1]), [4, 5, 6])
    assert (lined[:, others] == plain[:, others]).all()


def test_the_measured_class_is_the_one_wanted_else_road_else_lane_else_none():
    assert Outputs().measured(CAMVID_11) == "road"
    assert Outputs().measured(EGO_LANE) == "lane"
    assert Outputs().measured(VOC_21) is None
    assert Outputs(probability_of="car").measured(CAMVID_11) == "car"


def test_frames_are_called_by_their_place_and_sort_as_they_come():
    names = [frame_stem(Path("a/drive"), index).as_posix() for index in (0, 9, 10, 1234567)]
    assert names[:3] == ["a/drive/000000", "a/drive/000009", "a/drive/000010"]
    assert names[3] == "a/drive/1234567"


def test_results_of_pictures_and_videos_lie_where_the_page_says(tmp_path):
    assert main_result(tmp_path, Picture(Path("x.jpg"), Path("a.b"))) == (
        tmp_path / "labels" / "a.b.png"
    )
    assert main_result(tmp_path, Video(Path("x.mov"), Path("a.b"))) == (
        tmp_path / "overlays" / "a.b.mp4"
    )


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "labels").write_text("a file")
    with pytest.raises(OutputError, match="a part of its path is a file"):
        Outputs().write(tmp_path, Path("a"), np.zeros((1, 1, 3), np.uint8), answer_of([[0]]))
