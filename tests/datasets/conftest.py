from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roadfcn.kitti.calibration import Calibration, write_calibration

HEIGHT, WIDTH = 24, 80
RED, MAGENTA, BLACK = (255, 0, 0), (255, 0, 255), (0, 0, 0)


def _save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def _noise(path: Path) -> np.ndarray:
    """A picture that depends on its path alone, so that no two are the same."""
    generator = np.random.default_rng(list(str(Path(*path.parts[-3:])).encode()))
    return generator.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def kitti_truth(road_columns: slice) -> np.ndarray:
    """Red above, road in the lower half at the columns given, a black block of 4 x 10 pixels."""
    truth = np.full((HEIGHT, WIDTH, 3), RED, np.uint8)
    truth[HEIGHT // 2 :, road_columns] = MAGENTA
    truth[:4, :10] = BLACK
    return truth


@pytest.fixture
def make_kitti(tmp_path):
    """Write a small KITTI Road tree: counts of frames by category, for training and testing."""

    def make(training, testing=None, *, testing_truth=False, folder="kitti"):
        root = tmp_path / folder
        calibration = Calibration(
            np.array([[50.0, 0, 40, 0], [0, 50, 12, 0], [0, 0, 1, 0]]),
            np.eye(3),
            np.hstack([np.eye(3), [[0.0], [-1.6], [0.0]]]),
        )
        for part, counts in (("training", training), ("testing", testing or {})):
            for category, count in counts.items():
                for index in range(count):
                    number = f"{index:06d}"
                    image = root / part / "image_2" / f"{category}_{number}.png"
                    _save(image, _noise(image))
                    write_calibration(
                        root / part / "calib" / f"{category}_{number}.txt", calibration
                    )
                    if part == "testing" and not testing_truth:
                        continue
                    truth = root / part / "gt_image_2"
                    _save(truth / f"{category}_road_{number}.png", kitti_truth(slice(20, 60)))
                    if category == "um":
                        _save(truth / f"um_lane_{number}.png", kitti_truth(slice(40, 60)))
        return root

    return make


@pytest.fixture
def make_camvid(tmp_path):
    """Write a small CamVid tree: counts of frames by split; all 12 values are in every mask."""

    def make(counts, *, suffix=".png", folder="camvid"):
        root = tmp_path / folder
        values = np.repeat(np.arange(12, dtype=np.uint8), 2)[:, None]
        for split, count in counts.items():
            for index in range(count):
                image = root / split / f"{split}_{index:03d}{suffix}"
                _save(image, _noise(image))
                _save(
                    root / f"{split}annot" / f"{split}_{index:03d}.png",
                    np.repeat(values, WIDTH, axis=1),
                )
        return root

    return make


LABELS = """\
classes:
  - {name: background, value: 0, colour: [40, 40, 40]}
  - {name: road, value: 1, colour: [0, 200, 83]}
void: {value: 255, colour: [0, 0, 0]}
"""


@pytest.fixture
def make_own(tmp_path):
    """Write a folder of one's own frames, with masks of values: road below, void at the left."""

    def make(names, *, labels=LABELS, suffix=".png", folder="own"):
        root = tmp_path / folder
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[HEIGHT // 2 :] = 1
        mask[:, :10] = 255
        for name in names:
            image = root / "images" / f"{name}{suffix}"
            _save(image, _noise(image))
            _save(root / "masks" / f"{name}.png", mask)
        (root / "labels.yaml").write_text(labels, encoding="utf-8")
        return root

    return make


@pytest.fixture
def kitti_sample():
    return _real_folder("ROADFCN_KITTI_SAMPLE")


@pytest.fixture
def camvid():
    return _real_folder("ROADFCN_CAMVID")


def _real_folder(variable: str) -> Path:
    if variable not in os.environ:
        pytest.skip(f"{variable} names no folder of real pictures")
    return Path(os.environ[variable])
