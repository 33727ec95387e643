import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import LabelSetError, OutputError
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.prediction.python.segmentation import Segmentation


@pytest.fixture
def found():
    """Give a picture of 3 x 4, whose four pixels in the middle are road."""
    labels = np.zeros((3, 4), np.uint8)
    labels[1:, 1:3] = 1
    road = np.where(labels == 1, 0.75, 0.25).astype(np.float32)
    image = np.full((3, 4, 3), 100, np.uint8)
    return Segmentation(image, labels, ROAD, np.stack([1 - road, road]), {})


def test_masks_shares_and_probabilities_are_those_of_a_class(found):
    assert found.classes == ("background", "road")
    assert found.mask("road").sum() == 4
    assert found.share("road") == pytest.approx(1 / 3)
    assert found.probability("background")[0, 0] == 0.75
    for ask in (found.mask, found.share, found.probability):
        with pytest.raises(LabelSetError, match="has no class 'sky'"):
            ask("sky")


def test_drawings_are_saved_and_given_to_pillow(found, tmp_path):
    path = found.overlay(0.5).save(tmp_path / "new" / "road.png")
    with Image.open(path) as picture:
        expected = tuple((100 + part) / 2 for part in ROAD.colours[1])
        assert picture.getpixel((1, 1)) == pytest.approx(expected, abs=1)
        assert picture.getpixel((0, 0)) == (100, 100, 100)
    assert found.overlay(0).to_pil().getpixel((1, 1)) == (100, 100, 100)
    assert found.colours().to_pil().getpixel((1, 1)) == ROAD.colours[1]
    assert found.colours().save(str(tmp_path / "x.jpg"), quality=50) == tmp_path / "x.jpg"
    assert found.colours()._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(OutputError, match=r"ends in '\.txt'"):
        found.overlay().save(tmp_path / "x.txt")


def test_an_overlay_may_have_outlines_and_the_picture_stays_as_it_is(found):
    assert (found.overlay(0).image == 100).all()
    lines = found.overlay(0, outlines=True).image[..., 0]
    # A pixel is on the line if it differs from one above, to the left, or between them.
    assert lines.tolist() == [[50, 50, 50, 50], [50, 255, 255, 255], [50, 255, 50, 255]]
    assert (found.image == 100).all()


def test_labels_are_palette_pictures_whose_values_are_indices(found, tmp_path):
    with Image.open(found.save_labels(tmp_path / "x.png")) as picture:
        for labels in (picture, found.to_pil()):
            assert labels.mode == "P"
            np.testing.assert_array_equal(np.asarray(labels), found.labels)
            assert labels.convert("RGB").getpixel((1, 1)) == ROAD.colours[1]


def test_coco_annotations_are_of_every_class_but_the_background(found):
    # Down the columns: 4 not road, 2 road, 1 not, 2 road, 3 not.
    assert found.to_coco() == [
        {
            "category_id": 2,
            "segmentation": {"size": [3, 4], "counts": "42102"},
            "area": 4,
            "bbox": [1, 1, 2, 2],
            "iscrowd": 0,
        }
    ]
    (annotation,) = found.to_coco("polygons")
    assert annotation["segmentation"] == [[1, 1, 3, 1, 3, 3, 1, 3]]


def test_coco_annotations_leave_out_classes_that_are_not_there():
    labels = np.full((2, 2), CAMVID_11.index("car"), np.uint8)
    labels[0, 0] = CAMVID_11.index("sky")
    found = Segmentation(np.zeros((2, 2, 3), np.uint8), labels, CAMVID_11, None, {})
    assert [one["category_id"] for one in found.to_coco()] == [
        CAMVID_11.index("sky") + 1,
        CAMVID_11.index("car") + 1,
    ]


def test_its_name_is_one_line_without_its_pixels(found):
    assert repr(found) == "<Segmentation of 3 x 4 pixels: background, road>"
    assert repr(found.overlay()) == "<Drawing of 3 x 4 pixels>"
