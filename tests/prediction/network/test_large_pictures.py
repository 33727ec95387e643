"""Pictures in windows, in batches, and of every size, through a real network."""

import tracemalloc

import numpy as np
import pytest
import torch

from roadfcn.backends.torch_engine import TorchBackend
from roadfcn.errors import ImageFileError, LabelSetError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.models.reach import reach
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.network.tiling import Tiling
from roadfcn.prediction.network.views import Views

SIZES = [(1, 1), (1, 40), (3, 5000), (5000, 3), (31, 33)]


def tiny_backend(label_set=CAMVID_11, **input_format):
    """Give a network of ours with random weights; it looks less than 160 px far."""
    torch.manual_seed(0)
    architecture = FCNArchitecture(
        len(label_set), width=1 / 32, fc_channels=4, fc_kernel=1, score_start="normal"
    )
    card = ModelCard(architecture.to_dict(), label_set, InputFormat(**input_format))
    network = build_fcn(architecture)
    with torch.no_grad():  # scores that differ from pixel to pixel
        network.head.score_pool3.weight *= 300
    return TorchBackend(network, card, device="cpu", precision="float32")


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def red_picture(height, width):
    image = noise(height, width)
    image[..., 1:] = 0
    return image


@pytest.mark.parametrize("size", SIZES)
def test_pictures_of_every_size_are_answered_at_their_size(size):
    predictor = Predictor(tiny_backend())
    prediction, label_map = predictor.predict(noise(*size)), predictor.label(noise(*size), "road")
    assert prediction.labels.shape == label_map.labels.shape == size
    assert prediction.probabilities.shape == (11, *size)
    np.testing.assert_array_equal(prediction.labels, label_map.labels)
    # floor(255 p + 0.5), worked out in double precision: at most one off at a rounding's edge.
    expected = np.floor(255 * prediction.probability("road").astype(float) + 0.5)
    assert np.abs(expected - label_map.probability).max() <= 1
    assert (expected == label_map.probability).mean() > 0.99


def test_windows_that_cover_what_the_network_sees_label_as_the_whole_does():
    backend, image = tiny_backend(), noise(400, 840)
    overlap = 2 * reach(FCNArchitecture.from_dict(backend.card.architecture)) + 32
    assert overlap <= 352
    for views in (Views(), Views(flip=True)):
        whole = Predictor(backend, views=views, tiling=Tiling(tile=None)).predict(image)
        tiled = Predictor(backend, views=views, tiling=Tiling(704)).predict(image)
        np.testing.assert_allclose(tiled.probabilities, whole.probabilities, atol=1e-5)
        assert (tiled.labels == whole.labels).mean() > 0.9999
    assert len(np.unique(whole.labels)) > 1


@pytest.mark.parametrize(
    "options",
    [
        {"views": Views(flip=True, scales=(0.5, 1, 1.5)), "tiling": Tiling(128, 32)},
        {"views": Views(flip=True), "label_set": ROAD},
        {"tiling": Tiling(96, 32)},
    ],
    ids=["views in windows", "coarser classes", "windows"],
)
@pytest.mark.parametrize("input_format", [{}, {"max_pixels": 15_000}], ids=["own size", "shrunk"])
def test_labels_alone_are_those_that_come_with_probabilities(options, input_format):
    predictor, image = Predictor(tiny_backend(**input_format), **options), noise(170, 230)
    prediction = predictor.predict(image)
    np.testing.assert_array_equal(predictor.label(image).labels, prediction.labels)
    assert predictor.label(image).probability is None
    np.testing.assert_array_equal(prediction.labels, prediction.probabilities.argmax(axis=0))
    np.testing.assert_allclose(prediction.probabilities.sum(axis=0), 1, atol=1e-5)


def test_a_batch_is_answered_like_its_pictures_one_by_one_in_one_call(make_backend):
    calls = []

    def remember(picture):
        calls.append(picture.shape)
        return np.stack([picture[0], picture[1]])

    backend = make_backend(remember)
    batches, logits = [], backend.logits
    backend.logits = lambda batch: batches.append(len(batch)) or logits(batch)
    predictor = Predictor(backend, views=Views(flip=True))
    images = [noise(8, 9, seed) for seed in range(3)] + [noise(4, 5), noise(8, 9, 7)]
    together = predictor.predict_batch(images)
    assert batches == [3, 3, 1, 1, 1, 1]  # equal neighbours together, once for each view
    for image, prediction in zip(images, together, strict=True):
        alone = predictor.predict(image)
        np.testing.assert_array_equal(prediction.labels, alone.labels)
        np.testing.assert_array_equal(prediction.probabilities, alone.probabilities)
    assert predictor.predict_batch([]) == []


def test_a_real_network_answers_a_batch_as_it_does_single_pictures():
    predictor = Predictor(tiny_backend())
    images = [noise(40, 70, seed) for seed in range(3)]
    for image, prediction in zip(images, predictor.predict_batch(images), strict=True):
        expected = predictor.predict(image).probabilities
        np.testing.assert_allclose(prediction.probabilities, expected, atol=1e-5)


def test_labelling_a_large_picture_takes_no_memory_for_its_probabilities(make_backend):
    backend = make_backend(
        lambda picture: np.repeat(picture[:1], 11, axis=0), CAMVID_11, max_pixels=10_000
    )
    image = red_picture(3000, 2000)
    predictor = Predictor(backend)
    predictor.label(image)
    tracemalloc.start()
    predictor.label(image, "road")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Labels and one probability are 12 MB; probabilities of 11 classes would be 264.
    assert peak < 60e6


def test_memory_for_windows_grows_with_a_row_of_them_only(make_backend):
    backend = make_backend(lambda picture: np.stack([picture[0], picture[1]]))

    def peak(height):
        predictor, image = Predictor(backend, tiling=Tiling(256, 64)), red_picture(height, 600)
        tracemalloc.start()
        predictor.label(image)
        most = tracemalloc.get_traced_memory()[1] - height * 600  # the labels
        tracemalloc.stop()
        return most

    assert peak(4000) < 1.2 * peak(600)


def test_probabilities_that_no_memory_has_room_for_are_refused_before_the_work(make_backend):
    def never(picture):
        raise AssertionError("the network was asked")

    image = np.broadcast_to(np.zeros(3, np.uint8), (2**18, 2**16, 3))  # which takes 3 bytes
    with pytest.raises(ImageFileError, match=r"262144 x 65536 pixels take 137\.4 GB") as told:
        Predictor(make_backend(never)).predict(image)
    assert told.value.do.endswith("Predictor.label")


def test_a_view_that_enlarges_a_picture_beyond_all_measure_is_refused(make_backend):
    image = np.broadcast_to(np.zeros(3, np.uint8), (10_000, 10_000, 3))
    predictor = Predictor(make_backend(lambda picture: picture[:2]), views=Views(scales=(4,)))
    with pytest.raises(ImageFileError, match="at scale 4 a picture of 10000 x 10000 pixels"):
        predictor.label(image)


def test_an_unknown_class_is_refused_before_the_work(red_road):
    with pytest.raises(LabelSetError, match="no class 'sky'"):
        Predictor(red_road).label(noise(3, 4), "sky")
    assert red_road.seen is None


def test_windows_are_counted_while_they_are_run_over_all_views():
    told = []
    predictor = Predictor(tiny_backend(), tiling=Tiling(64, 32), views=Views(True, (1.0, 0.5)))
    predictor.windows = lambda done, total: told.append((done, total))
    predictor.label(noise(100, 160))
    # 64 px every 32: at scale 1 begins at 0, 32, 64 down and 0 to 96 across, which are 3 x 4; at
    # scale 0.5 50 rows fit in one, and 80 columns are begun at 0 and 32. Each mirrored too.
    assert told == [(number, 28) for number in range(1, 29)]
    told.clear()
    predictor.label(noise(30, 30))
    assert told == [], "a picture in one piece has no windows"
