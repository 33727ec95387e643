import io
from collections.abc import Iterable
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from roadfcn import Segmenter
from roadfcn.checkpoints import save_model
from roadfcn.errors import ConfigError, ImageFileError, LabelSetError, ModelFileError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.network.tiling import Tiling
from roadfcn.prediction.network.views import Views
from roadfcn.prediction.python import segmenter as segmenter_module


@pytest.fixture
def red_segmenter(red_road):
    """Give a segmenter for which red is road."""
    return Segmenter(Predictor(red_road))


@pytest.fixture
def half_red():
    image = np.zeros((4, 6, 3), np.uint8)
    image[:, 3:, 0] = 255
    return image


def saved_run(folder, label_set=CAMVID_11):
    torch.manual_seed(0)
    architecture = FCNArchitecture(
        len(label_set), width=0.02, fc_channels=4, fc_kernel=1, score_start="normal"
    )
    card = ModelCard(architecture.to_dict(), label_set, InputFormat())
    save_model(folder / "model.safetensors", build_fcn(architecture), card)
    return folder


def test_a_run_is_loaded_and_a_picture_drawn_in_one_line(tmp_path, noise):
    run = saved_run(tmp_path / "runs" / "mine")
    Image.fromarray(noise).save(tmp_path / "street.png")
    drawn = tmp_path / "out" / "street.jpg"
    assert Segmenter.load(run)(tmp_path / "street.png").overlay().save(drawn) == drawn
    with Image.open(drawn) as picture:
        assert picture.size == (40, 24)


def test_without_a_model_the_one_that_comes_with_roadfcn_is_loaded():
    segmenter = Segmenter.load(device="cpu")
    assert segmenter.label_set == ROAD
    assert segmenter.card.summary == "road or not, in pictures from a car"
    found = segmenter(np.full((40, 60, 3), 90, np.uint8))
    assert found.labels.shape == (40, 60)
    assert Segmenter.load("slim-camvid11", device="cpu").label_set == CAMVID_11


def test_options_reach_the_predictor(tmp_path):
    views, tiling = Views(flip=True), Tiling(128, 64)
    run = saved_run(tmp_path)
    segmenter = Segmenter.load(run, classes="road", views=views, tiling=tiling, max_pixels=959)
    assert (segmenter.predictor.views, segmenter.predictor.tiling) == (views, tiling)
    assert segmenter.label_set is ROAD
    assert Segmenter.load(run, classes=ROAD).label_set is ROAD
    with pytest.raises(ImageFileError, match="too large: 24 x 40 pixels"):
        segmenter(np.zeros((24, 40, 3), np.uint8))


def test_what_cannot_be_loaded_is_told(tmp_path):
    with pytest.raises(LabelSetError, match="there is no label set 'roads'") as told:
        Segmenter.load(saved_run(tmp_path), classes="roads")
    assert told.value.allowed.startswith("road, ego-lane, camvid-11")
    with pytest.raises(ModelFileError, match="there is no model slim-raod"):
        Segmenter.load("slim-raod")


def test_a_picture_is_answered_alike_in_every_form(tmp_path, red_segmenter, half_red):
    path = tmp_path / "x.png"
    Image.fromarray(half_red).save(path)
    for form in (half_red, path, str(path), path.read_bytes(), Image.fromarray(half_red)):
        found = red_segmenter(form)
        np.testing.assert_array_equal(found.labels, half_red[..., 0] // 255)
        np.testing.assert_array_equal(found.image, half_red)


def test_a_picture_on_its_side_is_answered_upright(red_segmenter, half_red):
    exif = Image.Exif()
    exif[0x0112] = 6  # rows are columns
    buffer = io.BytesIO()
    Image.fromarray(half_red).save(buffer, "PNG", exif=exif)
    found = red_segmenter(buffer.getvalue())
    assert found.image.shape == (6, 4, 3)
    assert found.labels[:, 0].tolist() == [0, 0, 0, 1, 1, 1]


def test_a_batch_is_answered_like_single_pictures(red_segmenter, half_red):
    pictures = [half_red, half_red[:2], half_red[::-1]]
    for picture, found in zip(pictures, red_segmenter.batch(pictures), strict=True):
        np.testing.assert_array_equal(found.labels, red_segmenter(picture).labels)


def test_of_a_large_picture_only_what_is_asked_for_is_kept(monkeypatch, red_segmenter, half_red):
    small = red_segmenter(half_red)
    # 2 classes, 24 pixels, 4 bytes: one byte less than that is too little.
    monkeypatch.setattr(segmenter_module, "_KEPT_BYTES", 2 * 24 * 4 - 1)
    found = red_segmenter(half_red, probability_of="road")
    np.testing.assert_array_equal(found.labels, small.labels)
    assert found.probabilities is None
    difference = found.probability("road") - small.probability("road")
    assert np.abs(difference).max() <= 0.5 / 255 + 1e-6
    with pytest.raises(ImageFileError, match=r"'background' was not kept: .* 4 x 6 pixels") as told:
        found.probability("background")
    assert told.value.do.endswith("segmenter(picture, probability_of='background')")
    assert [one.probabilities for one in red_segmenter.batch([half_red, half_red])] == [None, None]


def test_an_unknown_class_is_refused_before_the_work(red_segmenter, half_red, red_road):
    with pytest.raises(LabelSetError, match="has no class 'sky'"):
        red_segmenter(half_red, probability_of="sky")
    assert red_road.seen is None


def test_type_hints_can_be_read_at_run_time():
    one = get_type_hints(Segmenter.__call__)["picture"]
    assert set(get_args(one)) == {str, Path, bytes, NDArray[np.uint8], Image.Image}
    assert get_type_hints(Segmenter.batch)["pictures"] == Iterable[one]


@pytest.mark.parametrize(
    ("words", "found", "do"),
    [
        ({"views": True}, "the views of a picture are given as True", "views=Views(flip=True)"),
        ({"tiling": 1024}, "windows of large pictures are given as 1024", "tiling=Tiling(1024)"),
    ],
)
def test_views_and_windows_of_another_type_are_refused_in_words(red_road, words, found, do):
    for make in (Segmenter.load, lambda **words: Predictor(red_road, **words)):
        with pytest.raises(ConfigError, match=found) as caught:
            make(**words)
        assert do in caught.value.do


def test_one_picture_is_no_batch(red_segmenter, half_red):
    pillows = Image.fromarray(half_red)
    for one in ("street.jpg", Path("street.jpg"), b"content", half_red, pillows, None):
        with pytest.raises(ImageFileError, match="several pictures were given as one") as caught:
            red_segmenter.batch(one)
        assert "[picture]" in caught.value.do
    assert len(red_segmenter.batch(np.stack([half_red, half_red]))) == 2


def test_its_name_says_what_it_answers_and_by_what(tmp_path):
    run = saved_run(tmp_path / "run", ROAD)
    segmenter = Segmenter.load(
        run, views=Views(flip=True), engine="torch", device="cpu", precision="float32"
    )
    assert segmenter.classes == ("background", "road")
    assert repr(segmenter) == (
        "<Segmenter: background, road, flip, scale 1; by torch on cpu in float32>"
    )
    plain = Segmenter(Predictor(segmenter.predictor.backend))
    assert repr(plain) == "<Segmenter: background, road; by torch on cpu in float32>"


def test_a_threshold_is_taken_and_told(tmp_path, noise):
    run = saved_run(tmp_path / "run", ROAD)
    settings = {"engine": "torch", "device": "cpu", "precision": "float32"}
    for threshold, label in ((0, 1), (1, 0)):
        segmenter = Segmenter.load(run, threshold=threshold, **settings)
        assert set(segmenter(noise).labels.ravel().tolist()) == {label}
    assert ", road from a probability of 1 on; by torch" in repr(segmenter)


def test_an_impossible_threshold_is_refused_before_the_model_is_opened(tmp_path):
    with pytest.raises(ConfigError, match="the threshold on the probability of road is 2"):
        Segmenter.load(tmp_path / "gone.safetensors", threshold=2)
