"""Small data sets of every layout, written to disk: for the tests of readers, and to be damaged.

Pictures are noise of 24 x 80 pixels. Each function writes below `root` and gives it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from roadfcn.kitti.calibration import Calibration, write_calibration

HEIGHT, WIDTH = 24, 80
RED, MAGENTA, BLACK = (255, 0, 0), (255, 0, 255), (0, 0, 0)
LABELS = """\
classes:
  - {name: background, value: 0, colour: [40, 40, 40]}
  - {name: road, value: 1, colour: [0, 200, 83]}
void: {value: 255, colour: [0, 0, 0]}
"""
STILLS_COLOURS = ((128, 64, 128), (128, 0, 192), (64, 128, 192), (0, 0, 192), (0, 0, 0))
"""Road, LaneMkgsDriv, SUVPickupTruck, Sidewalk and Void in CamVid's colours."""
_CODES = """Animal Archway Bicyclist Bridge Building Car CartLuggagePram Child Column_Pole Fence
LaneMkgsDriv LaneMkgsNonDriv Misc_Text MotorcycleScooter OtherMoving ParkingBlock Pedestrian Road
RoadShoulder Sidewalk SignSymbol Sky SUVPickupTruck TrafficCone TrafficLight Train Tree Truck_Bus
Tunnel VegetationMisc Void Wall"""
CAMVID_CODES = tuple(_CODES.split())
"""CamVid's classes in the order of fast.ai's codes.txt."""


def save(path: Path, array: np.ndarray) -> None:
    """Write a picture, and its folder if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def noise(path: Path) -> np.ndarray:
    """Give a picture that depends on its path alone, so that no two are the same."""
    generator = np.random.default_rng(list(str(Path(*path.parts[-3:])).encode()))
    return generator.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def columns(values) -> np.ndarray:
    """Give truth of upright stripes, as broad as they can be: numbers H,W or colours H,W,3."""
    stripes = np.asarray(values, np.uint8)
    return np.repeat(stripes[np.arange(WIDTH) * len(stripes) // WIDTH][None], HEIGHT, axis=0)


def kitti_truth(road_columns: slice) -> np.ndarray:
    """Red above, road in the lower half at the columns given, a black block of 4 x 10 pixels."""
    truth = np.full((HEIGHT, WIDTH, 3), RED, np.uint8)
    truth[HEIGHT // 2 :, road_columns] = MAGENTA
    truth[:4, :10] = BLACK
    return truth


def write_kitti(root, training, testing=None, *, testing_truth=False):
    """Write KITTI Road: counts of frames by category, for training and testing."""
    calibration = Calibration(
        np.array([[50.0, 0, 40, 0], [0, 50, 12, 0], [0, 0, 1, 0]]),
        np.eye(3),
        np.hstack([np.eye(3), [[0.0], [-1.6], [0.0]]]),
    )
    for part, counts in (("training", training), ("testing", testing or {})):
        for category, count in counts.items():
            for number in (f"{index:06d}" for index in range(count)):
                image = root / part / "image_2" / f"{category}_{number}.png"
                save(image, noise(image))
                write_calibration(root / part / "calib" / f"{category}_{number}.txt", calibration)
                if part == "testing" and not testing_truth:
                    continue
                truth = root / part / "gt_image_2"
                save(truth / f"{category}_road_{number}.png", kitti_truth(slice(20, 60)))
                if category == "um":
                    save(truth / f"um_lane_{number}.png", kitti_truth(slice(40, 60)))
    return root


def write_camvid(root, counts, *, suffix=".png"):
    """Write CamVid of 11 classes: counts of frames by split; all 12 values are in every mask."""
    values = np.repeat(np.arange(12, dtype=np.uint8), 2)[:, None]
    for split, count in counts.items():
        for index in range(count):
            image = root / split / f"{split}_{index:03d}{suffix}"
            save(image, noise(image))
            truth = root / f"{split}annot" / f"{split}_{index:03d}.png"
            save(truth, np.repeat(values, WIDTH, axis=1))
    return root


def write_own(root, names, *, labels=LABELS, suffix=".png"):
    """Write frames of one's own, with masks of values: road below, void at the left."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[HEIGHT // 2 :] = 1
    mask[:, :10] = 255
    for name in names:
        image = root / "images" / f"{name}{suffix}"
        save(image, noise(image))
        save(root / "masks" / f"{name}.png", mask)
    (root / "labels.yaml").write_text(labels, encoding="utf-8")
    return root


def write_camvid_32(root, names, *, images="701_StillsRaw_full", truth="LabeledApproved_full"):
    """Write CamVid's original pictures and truth into two folders, such as the published ones."""
    for name in names:
        image = root / images / f"{name}.png"
        save(image, noise(image))
        save(root / truth / f"{name}_L.png", columns(STILLS_COLOURS))
    return root


def write_fast_ai(root, names, *, codes=CAMVID_CODES, valid):
    """Write CamVid as fast.ai has it: the number of its class in each pixel, and two lists."""
    for name in names:
        image = root / "images" / f"{name}.png"
        save(image, noise(image))
        save(root / "labels" / f"{name}_P.png", columns(range(32)))
    (root / "codes.txt").write_text("\n".join(codes), encoding="utf-8")
    (root / "valid.txt").write_text("\n".join(valid), encoding="utf-8")
    return root


def write_cityscapes(root, counts, *, kind="labelIds", values=range(34)):
    """Write Cityscapes: counts of frames by "split/city"; 34 ids in each truth."""
    for place, count in counts.items():
        city = place.partition("/")[2]
        for index in range(count):
            name = f"{city}_{index:06d}_000019"
            image = root / "leftImg8bit" / place / f"{name}_leftImg8bit.png"
            save(image, noise(image))
            truth = root / "gtFine" / place / f"{name}_gtFine"
            save(truth.with_name(f"{truth.name}_{kind}.png"), columns(values))
            save(truth.with_name(f"{truth.name}_color.png"), columns(STILLS_COLOURS))
    return root


def write_voc(root, lists, *, without_truth=("test",)):
    """Write a year of VOC: names by list; masks of all 21 classes and void."""
    for part, names in lists.items():
        for name in names:
            image = root / "JPEGImages" / f"{name}.jpg"
            save(image, noise(image))
            if part not in without_truth:
                truth = Image.fromarray(columns([*range(21), 255]))
                truth.putpalette(3 * list(range(256)))  # any: the values count
                path = root / "SegmentationClass" / f"{name}.png"
                path.parent.mkdir(exist_ok=True)
                truth.save(path)
        path = root / "ImageSets" / "Segmentation" / f"{part}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return root


def golden_mat_files():
    """Give truth files of SBD's kind, written by SciPy, and what is in them, by name."""
    golden = np.load(Path(__file__).with_name("mat_files.npz"))
    return {name: golden[name] for name in golden.files}


def write_sbd(root, lists):
    """Write SBD: names by list, the same truth for all of them."""
    truth = golden_mat_files()["packed"].tobytes()
    (root / "cls").mkdir(parents=True)
    for part, names in lists.items():
        for name in names:
            image = root / "img" / f"{name}.jpg"
            save(image, noise(image))
            (root / "cls" / f"{name}.mat").write_bytes(truth)
        (root / f"{part}.txt").write_text("\n".join(names), encoding="utf-8")
    return root
