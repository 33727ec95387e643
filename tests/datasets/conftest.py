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


def _columns(values) -> np.ndarray:
    """Truth of upright stripes, as broad as they can be: H,W of numbers or H,W,3 of colours."""
    stripes = np.asarray(values, np.uint8)
    return np.repeat(stripes[np.arange(WIDTH) * len(stripes) // WIDTH][None], HEIGHT, axis=0)


STILLS_COLOURS = ((128, 64, 128), (128, 0, 192), (64, 128, 192), (0, 0, 192), (0, 0, 0))
"""Road, LaneMkgsDriv, SUVPickupTruck, Sidewalk and Void in CamVid's colours."""


@pytest.fixture
def make_camvid_32(tmp_path):
    """Write CamVid's original pictures and truth into two folders, such as the published ones."""

    def make(
        names, *, images="701_StillsRaw_full", truth="LabeledApproved_full", folder="camvid_32"
    ):
        root = tmp_path / folder
        for name in names:
            image = root / images / f"{name}.png"
            _save(image, _noise(image))
            _save(root / truth / f"{name}_L.png", _columns(STILLS_COLOURS))
        return root

    return make


@pytest.fixture
def make_fast_ai(tmp_path):
    """Write CamVid as fast.ai has it: the number of its class in each pixel, and two lists."""

    def make(names, *, codes, valid, folder="fast_ai"):
        root = tmp_path / folder
        for name in names:
            image = root / "images" / f"{name}.png"
            _save(image, _noise(image))
            _save(root / "labels" / f"{name}_P.png", _columns(range(32)))
        (root / "codes.txt").write_text("\n".join(codes), encoding="utf-8")
        (root / "valid.txt").write_text("\n".join(valid), encoding="utf-8")
        return root

    return make


@pytest.fixture
def make_cityscapes(tmp_path):
    """Write a small Cityscapes tree: counts of frames by "split/city"; 34 ids in each truth."""

    def make(counts, *, kind="labelIds", values=range(34), folder="cityscapes"):
        root = tmp_path / folder
        for place, count in counts.items():
            city = place.partition("/")[2]
            for index in range(count):
                name = f"{city}_{index:06d}_000019"
                image = root / "leftImg8bit" / place / f"{name}_leftImg8bit.png"
                _save(image, _noise(image))
                truth = root / "gtFine" / place / f"{name}_gtFine"
                _save(truth.with_name(f"{truth.name}_{kind}.png"), _columns(values))
                _save(truth.with_name(f"{truth.name}_color.png"), _columns(STILLS_COLOURS))
        return root

    return make


@pytest.fixture
def make_voc(tmp_path):
    """Write a small VOC tree: names by list; masks of all 21 classes and void."""

    def make(lists, *, folder="VOCdevkit/VOC2011", without_truth=("test",)):
        root = tmp_path / folder
        for part, names in lists.items():
            for name in names:
                image = root / "JPEGImages" / f"{name}.jpg"
                _save(image, _noise(image))
                if part not in without_truth:
                    truth = Image.fromarray(_columns([*range(21), 255]))
                    truth.putpalette(3 * list(range(256)))  # any: the values count
                    path = root / "SegmentationClass" / f"{name}.png"
                    path.parent.mkdir(exist_ok=True)
                    truth.save(path)
            path = root / "ImageSets" / "Segmentation" / f"{part}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        return root

    return make


@pytest.fixture(scope="session")
def sbd_truth():
    """A truth file of SBD's kind, written by SciPy, and what is in it; see golden/."""
    golden = np.load(Path(__file__).with_name("golden") / "mat_files.npz")
    return {name: golden[name] for name in golden.files}


@pytest.fixture
def make_sbd(tmp_path, sbd_truth):
    """Write a small SBD tree: names by list."""

    def make(lists, *, folder="benchmark_RELEASE/dataset"):
        root = tmp_path / folder
        (root / "cls").mkdir(parents=True)
        for part, names in lists.items():
            for name in names:
                image = root / "img" / f"{name}.jpg"
                _save(image, _noise(image))
                (root / "cls" / f"{name}.mat").write_bytes(sbd_truth["packed"].tobytes())
            (root / f"{part}.txt").write_text("\n".join(names), encoding="utf-8")
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
