"""A tiny KITTI Road tree whose road can be told by its colour, and a recipe for it."""

import numpy as np
import pytest

from roadfcn.image_files import write_image
from roadfcn.training.config_files import make_config


def _frame(number):
    """Grey road below a green field, its edge at a place of its own; the last rows are void."""
    height, width = 32, 64
    edge = 20 + 4 * (number % 5)
    image = np.zeros((height, width, 3), np.uint8)
    image[:] = (40, 150 + number, 60)
    truth = np.full((height, width, 3), (255, 0, 0), np.uint8)
    image[12:, :edge] = (120, 120, 125)
    truth[12:, :edge] = (255, 0, 255)
    truth[-2:] = 0
    return image, truth


@pytest.fixture(scope="session")
def kitti_tree(tmp_path_factory):
    """Nine frames, three of each category, without calibration."""
    root = tmp_path_factory.mktemp("kitti")
    number = 0
    for category in ("um", "umm", "uu"):
        for index in range(3):
            image, truth = _frame(number)
            number += 1
            folder = root / "training"
            write_image(folder / "image_2" / f"{category}_{index:06d}.png", image)
            write_image(folder / "gt_image_2" / f"{category}_road_{index:06d}.png", truth)
    return root


@pytest.fixture
def tiny_config(kitti_tree, tmp_path):
    """Make a config of a network of a few thousand weights; overrides are added."""

    def make(*overrides):
        values = {
            "name": "tiny",
            "runs": str(tmp_path / "runs"),
            "data": {"path": str(kitti_tree)},
            "model": {"width": 0.05, "fc_channels": 8, "fc_kernel": 1, "dropout": 0.0},
            "augmentation": {"preset": "none"},
            "optimizer": {"lr": 0.01},
            "trainer": {
                "epochs": 2,
                "batch_size": 4,
                "precision": "32-true",
                "accelerator": "cpu",
                "devices": 1,
                "sample_overlays": 1,
            },
        }
        return make_config(values, overrides)

    return make
