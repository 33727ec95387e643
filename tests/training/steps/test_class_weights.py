import numpy as np
import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import ConfigError
from roadfcn.image_files import write_image
from roadfcn.input_format import InputFormat
from roadfcn.training.frames.frames import TrainingFrames
from roadfcn.training.frames.mixture import Mixture
from roadfcn.training.steps.class_weights import class_weights


@pytest.fixture
def frames(tmp_path):
    """Two 2 x 4 CamVid frames: sky 4, building 2, void 2; and sky 2, road 6."""
    masks = [[[0, 0, 0, 0], [1, 1, 11, 11]], [[0, 0, 3, 3], [3, 3, 3, 3]]]
    for index, mask in enumerate(masks):
        write_image(tmp_path / "train" / f"{index}.png", np.zeros((2, 4, 3), np.uint8))
        write_image(tmp_path / "trainannot" / f"{index}.png", np.array(mask, np.uint8))
    dataset = open_dataset(tmp_path, "train")
    return Mixture(TrainingFrames(dataset, dataset.label_set, InputFormat()))


def test_median_frequency_by_hand(frames):
    # sky: 6 of 6 + 8 pixels; building: 2 of 6; road: 6 of 8. The median is sky's 6/14.
    weights = class_weights("median-frequency", frames)
    expected = np.ones(11)
    expected[0] = 1.0
    expected[1] = (6 / 14) / (2 / 6)
    expected[3] = (6 / 14) / (6 / 8)
    assert weights == pytest.approx(expected)
    assert class_weights("root-median-frequency", frames) == pytest.approx(np.sqrt(expected))


def test_frames_of_several_sets_count_as_often_as_they_come(frames, tmp_path):
    """One frame beside two: with a third of an epoch it comes once, with 0.6 of it three times."""
    write_image(tmp_path / "val" / "2.png", np.zeros((2, 4, 3), np.uint8))
    write_image(tmp_path / "valannot" / "2.png", np.full((2, 4), 3, np.uint8))
    other = open_dataset(tmp_path, "val")
    further = TrainingFrames(other, other.label_set, InputFormat())
    once = class_weights("median-frequency", Mixture(frames.main, [(further, 1 / 3)]))
    # Road: 6 + 8 of 8 + 8 pixels. The median is still sky's 6/14.
    assert once[3] == pytest.approx((6 / 14) / (14 / 16))
    assert once[0] == pytest.approx(1)
    thrice = class_weights("median-frequency", Mixture(frames.main, [(further, 0.6)]))
    assert thrice[3] == pytest.approx((6 / 14) / ((6 + 3 * 8) / (8 + 3 * 8)))


def test_no_weights_and_explicit_weights(frames):
    assert class_weights("none", frames) is None
    names = frames.label_set.classes
    given = {name: index + 1.0 for index, name in enumerate(names)}
    assert class_weights(given, frames) == pytest.approx(np.arange(1, 12))


def test_incomplete_weights_are_refused(frames):
    with pytest.raises(ConfigError, match=r"lacks \['sky'.* unknown \['rood'\]"):
        class_weights({"rood": 1.0}, frames)


@pytest.mark.real_data
def test_camvid_weights_equal_the_published_recomputation(camvid):
    dataset = open_dataset(camvid, "train")
    frames = Mixture(TrainingFrames(dataset, dataset.label_set, InputFormat()))
    weights = class_weights("median-frequency", frames)
    expected = [0.2794, 0.2018, 4.7889, 0.1491, 1.0, 0.4235, 3.8464, 1.9798, 0.7890, 6.3847, 8.8193]
    assert weights == pytest.approx(expected, abs=6e-5)
