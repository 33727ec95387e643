import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import ImageFileError
from roadfcn.export.pictures import (
    MOST_PIXELS,
    Picture,
    awkward_size,
    folder_pictures,
    scene_pictures,
)
from roadfcn.label_sets import CAMVID_11, ROAD, VOC_21

SPLITS = ("val", "train")


def save(path, brightness, size=(24, 16)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (brightness,) * 3).save(path)


def test_sizes_are_no_multiples_of_32():
    assert awkward_size(375, 1242, 1) == (375, 1242)
    assert awkward_size(384, 1248, 1) == (383, 1247)
    assert awkward_size(384, 1248, 0.25) == (95, 312)
    assert awkward_size(1, 3, 0.25) == (1, 1)


def test_truth_is_resized_without_new_values():
    truth = np.zeros((40, 60), np.uint8)
    truth[:, 30:] = 255
    small = Picture(np.full((40, 60, 3), 7, np.uint8), truth).at(9, 13)
    assert small.image.shape == (9, 13, 3)
    assert small.truth.shape == (9, 13)
    assert set(np.unique(small.truth)) == {0, 255}


def test_scenes_come_with_truth_and_are_the_same_again():
    scenes = scene_pictures(CAMVID_11, 2, seed=3, size=(48, 160))
    assert scenes.name == "generated scenes"
    assert [one.image.shape for one in scenes.pictures] == [(48, 160, 3)] * 2
    for picture in scenes.pictures:
        assert set(np.unique(picture.truth)) <= {0, 1, 255}
        assert 0.05 < (picture.truth == 1).mean() < 0.8
    again = scene_pictures(VOC_21, 1, seed=3, size=(48, 160)).pictures[0]
    np.testing.assert_array_equal(again.image, scenes.pictures[0].image)
    assert again.truth is None  # it knows no road


def test_a_plain_folder_gives_pictures_spread_over_it(tmp_path):
    for number in range(9):
        save(tmp_path / "sub" / f"{number}.png", 10 * number)
    found = folder_pictures(tmp_path, ROAD, 3, SPLITS)
    assert found.name == str(tmp_path)
    assert [int(one.image[0, 0, 0]) for one in found.pictures] == [0, 40, 80]
    assert {one.truth is None for one in found.pictures} == {True}
    assert len(folder_pictures(tmp_path, ROAD, 99, SPLITS).pictures) == 9


def test_pictures_of_another_set_are_taken_only_where_there_are_no_others(tmp_path):
    for number in range(9):
        save(tmp_path / f"{number}.png", 10 * number)
    first = folder_pictures(tmp_path, ROAD, 5, SPLITS)  # of every second place
    others = folder_pictures(tmp_path, ROAD, 3, SPLITS, apart_from=first)
    assert [int(one.image[0, 0, 0]) for one in others.pictures] == [10, 50, 70]
    assert not first.places & others.places
    everything = folder_pictures(tmp_path, ROAD, 99, SPLITS)
    again = folder_pictures(tmp_path, ROAD, 3, SPLITS, apart_from=everything)
    assert len(again.places & everything.places) == 3


def test_a_data_folder_gives_truth_of_the_first_split_that_has_pictures(tmp_path):
    for folder, value in (("train", 120), ("trainannot", CAMVID_11.index("road"))):
        size = (20, 10)
        path = tmp_path / folder / "a.png"
        path.parent.mkdir()
        Image.new("RGB" if folder == "train" else "L", size, value).save(path)
    found = folder_pictures(tmp_path, ROAD, 5, SPLITS)
    assert found.name == f"{tmp_path}, train"
    assert (found.pictures[0].truth == 1).all()
    assert found.pictures[0].classes is None
    assert folder_pictures(tmp_path, VOC_21, 5, SPLITS).pictures[0].truth is None
    own = folder_pictures(tmp_path, CAMVID_11, 5, SPLITS).pictures[0].at(5, 10)
    assert (own.truth == 1).all()
    assert (own.classes == CAMVID_11.index("road")).all()
    assert own.classes.shape == own.truth.shape == (5, 10)


def test_large_pictures_are_shrunk(tmp_path):
    save(tmp_path / "large.png", 50, size=(2000, 1000))
    height, width = folder_pictures(tmp_path, ROAD, 1, SPLITS).pictures[0].image.shape[:2]
    assert height * width == pytest.approx(MOST_PIXELS, rel=0.01)
    assert width / height == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_a_folder_without_pictures_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageFileError, match=f"there is no picture in .*{name}") as refused:
        folder_pictures(tmp_path / name, ROAD, 3, SPLITS)
    assert "leave it out: then scenes are painted" in refused.value.do
