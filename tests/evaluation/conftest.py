from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from golden_frame import calibration_text
from roadfcn.backends.protocol import Running
from roadfcn.datasets.layouts import open_dataset
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.model_card import ModelCard
from roadfcn.prediction.network.predictor import Predictor

RED, MAGENTA, BLACK = (255, 0, 0), (255, 0, 255), (0, 0, 0)
RUNNING = Running("torch", "cpu", "float32")
PLAIN = InputFormat(scale=1 / 255, mean=(0, 0, 0), std=(1, 1, 1))


def save(path, rows, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(rows, np.uint8), mode).save(path)


def predictor_of(label_set, formula):
    """Give a predictor whose logits are a formula over the picture, 3,H,W in 0..255."""
    return Predictor(
        SimpleNamespace(
            card=ModelCard({}, label_set, PLAIN),
            logits=lambda batch: np.stack([formula(255 * p) for p in batch]).astype(np.float32),
            running=RUNNING,
        )
    )


def predict_road(picture):
    """Give logits of a road probability that is red / 255 (but never 0 or 1)."""
    share = picture[0].clip(1e-6, 255 - 1e-3) / 255
    return np.log(np.stack([1 - share, share]))


def predict_classes(picture):
    """Give logits of CamVid's classes that answer red with near certainty."""
    return -50 * np.abs(picture[0] - np.arange(11)[:, None, None])


def kitti_writer(root):
    """Give a function that writes frames {name: (reds, truth colours)} and opens them.

    Those named in `calibrated` get the calibration of a published frame, 375 x 1242 pixels.
    """

    def write(frames, *, target="road", split="all", calibrated=()):
        for name in calibrated:
            path = root / "training" / "calib" / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(calibration_text(), encoding="utf-8")
        for name, (reds, truth) in frames.items():
            category, index = name.split("_")
            image = np.zeros((*np.shape(reds), 3), np.uint8)
            image[..., 0] = reds
            save(root / "training" / "image_2" / f"{name}.png", image)
            truth_name = f"{category}_{target}_{index}.png"
            save(root / "training" / "gt_image_2" / truth_name, truth)
        return open_dataset(root, split, layout="kitti-road", target=target)

    return write


def camvid_writer(root):
    """Give a function that writes frames {name: (reds, class ids)} and opens them."""

    def write(frames):
        for name, (reds, ids) in frames.items():
            image = np.zeros((*np.shape(reds), 3), np.uint8)
            image[..., 0] = reds
            save(root / "val" / f"{name}.png", image)
            save(root / "valannot" / f"{name}.png", ids)
        return open_dataset(root, "val", layout="camvid")

    return write


@pytest.fixture
def red_road():
    """Give a road model whose road probability is red / 255 (but never 0 or 1)."""
    return predictor_of(ROAD, predict_road)


@pytest.fixture
def red_classes():
    """Give a model of CamVid's classes that answers red with near certainty."""
    return predictor_of(CAMVID_11, predict_classes)


@pytest.fixture
def write_kitti(tmp_path):
    return kitti_writer(tmp_path)


@pytest.fixture
def write_camvid(tmp_path):
    return camvid_writer(tmp_path)


@pytest.fixture(scope="module")
def road_data(tmp_path_factory):
    """Give a road model and a function that writes data, for all tests of a module to share."""
    return predictor_of(ROAD, predict_road), kitti_writer(tmp_path_factory.mktemp("kitti"))


@pytest.fixture(scope="module")
def class_data(tmp_path_factory):
    """Give the same of CamVid's classes."""
    write = camvid_writer(tmp_path_factory.mktemp("camvid"))
    return predictor_of(CAMVID_11, predict_classes), write


@pytest.fixture
def constant_backend():
    """Give a function that makes a backend which answers one class everywhere, with certainty."""

    def make(label_set, answer):
        def logits(batch):
            scores = np.zeros((len(batch), len(label_set), *batch.shape[2:]), np.float32)
            scores[:, answer] = 50
            return scores

        return SimpleNamespace(card=ModelCard({}, label_set, PLAIN), logits=logits, running=RUNNING)

    return make
