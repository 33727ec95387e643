"""The tutorial's commands work, one after the other, on exports of generated streets."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from roadfcn.datasets.layouts import open_dataset
from roadfcn.scenes.write import write_scenes

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]
DRIVES = ("monday", "tuesday", "wednesday", "thursday")
HEIGHT, WIDTH = 64, 112
BONNET_ROWS = 6
# What makes the recipe small enough for a test; the page's own words stay as they are.
SMALL = ["trainer.epochs=1", "trainer.validate_every=1", "trainer.accelerator=cpu"]
SMALLER = {
    "own-finetune": ["augmentation.crop=[32,64]"],  # its network is that of its weights
    "own-slim": [
        "model.width=0.02",
        "model.fc_channels=4",
        "model.fc_kernel=1",
        "data.size=[32,64]",
        "augmentation.crop=[32,32]",
    ],
}


def road_polygons(truth):
    """Draw around the road as a person would: corners (x, y), edges of pixels at whole numbers."""
    road = (truth == (255, 0, 255)).all(axis=2).astype(np.uint8)
    found, _ = cv2.findContours(road, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [line[:, 0] + 0.5 for line in found if len(line) >= 3]


def cvat_shape(label, points, z_order):
    text = ";".join(f"{x:.2f},{y:.2f}" for x, y in points)
    return f'<polygon label="{label}" points="{text}" z_order="{z_order}"/>'


def bonnet():
    top = HEIGHT - BONNET_ROWS
    return [(0, top), (WIDTH, top), (WIDTH, HEIGHT), (0, HEIGHT)]


def write_cvat(path, frames):
    """Write a zip archive in CVAT's form "CVAT for images 1.1", with pictures."""
    labels = "".join(f"<label><name>{name}</name></label>" for name in ("road", "unsure"))
    images = ""
    for number, (picture, polygons) in enumerate(frames):
        shapes = "".join(cvat_shape("road", points, 0) for points in polygons)
        shapes += cvat_shape("unsure", bonnet(), 1)
        images += (
            f'<image id="{number}" name="{picture.name}" width="{WIDTH}" height="{HEIGHT}">'
            f"{shapes}</image>"
        )
    with zipfile.ZipFile(path, "w") as archive:
        meta = f"<version>1.1</version><meta><task><labels>{labels}</labels></task></meta>"
        archive.writestr("annotations.xml", f"<annotations>{meta}{images}</annotations>")
        for picture, _ in frames:
            archive.write(picture, f"images/{picture.name}")


def write_labelme(frames):
    """Write labelme's JSON files beside the pictures."""
    for picture, polygons in frames:
        drawn = [("road", points.tolist()) for points in polygons]
        drawn.append(("unsure", [list(point) for point in bonnet()]))
        content = {
            "version": "5.5.0",
            "flags": {},
            "shapes": [
                {"label": label, "points": points, "shape_type": "polygon", "flags": {}}
                for label, points in drawn
            ],
            "imagePath": picture.name,
            "imageData": None,
            "imageHeight": HEIGHT,
            "imageWidth": WIDTH,
        }
        picture.with_suffix(".json").write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(scope="module")
def drives(tmp_path_factory):
    """A folder as it is after step 2: frames of four drives, three of them labelled."""
    place = tmp_path_factory.mktemp("tutorial")
    scenes = place / "scenes"
    write_scenes(scenes, train=8, test=0, seed=4, size=(HEIGHT, WIDTH), workers=1)
    pictures = sorted((scenes / "training" / "image_2").iterdir())
    truths = {}
    for drive, members in zip(DRIVES, np.array_split(np.array(pictures), 4), strict=True):
        folder = place / "frames" / drive
        folder.mkdir(parents=True)
        frames = []
        for number, source in enumerate(members):
            picture = folder / f"{number:06d}.png"
            category, _, index = source.stem.partition("_")
            truth = scenes / "training" / "gt_image_2" / f"{category}_road_{index}.png"
            shutil.copy(source, picture)
            truths[f"{drive}/{picture.stem}"] = np.array(Image.open(truth))
            frames.append((picture, road_polygons(truths[f"{drive}/{picture.stem}"])))
        if drive != "thursday":
            write_cvat(place / f"{drive}.zip", frames)
            write_labelme(frames)
    shutil.copytree(ROOT / "configs", place / "configs")
    return place, truths


def shell_variables(line):
    """Give what a line such as `RUN=$(ls -d runs/* | tail -1)` sets."""
    name = line.partition("=")[0]
    done = subprocess.run(
        ["bash", "-c", f'{line}\necho "${name}"'], capture_output=True, text=True, check=True
    )
    return {f"${name}": done.stdout.strip()}


def run(line, monkeypatch, variables):
    """Run a line as a shell would; gives the exit code."""
    from roadfcn.cli.app import main

    words = [variables.get(word, word) for word in shlex.split(line, comments=True)]
    assert not any("*" in word for word in words), "a pattern may fit several runs"
    if words[1] == "train":
        words += SMALL + SMALLER[Path(words[2]).stem]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0


def test_the_page_leads_from_exports_to_pictures_with_their_road(drives, monkeypatch, capfd):
    place, truths = drives
    monkeypatch.chdir(place)
    variables = {}
    for line in COMMANDS:
        if line.startswith("RUN="):
            variables = shell_variables(line)
            continue
        # Who trains again, as the page advises, has two runs from then on.
        for _ in range(2 if "train" in line else 1):
            time.sleep(1.1 if "train" in line else 0)  # runs of one second get a number
            code = run(line, monkeypatch, variables)
            assert code == 0, line + "\n" + "".join(capfd.readouterr())
    assert variables["$RUN"] == max(map(str, Path("runs").iterdir()))
    assert len(list(Path("runs").iterdir())) == 2

    own, again = (open_dataset(place / "data" / name, "all") for name in ("own", "own-labelme"))
    assert own.label_set.classes == ("background", "road")
    assert len(own) == len(again) == 6
    shared = union = 0
    for index, frame in enumerate(own.frames):
        mask, truth = own[index].mask, truths[frame.name]
        assert (mask == again[index].mask).all()
        assert (mask[-BONNET_ROWS:] == 255).all()
        known = (mask != 255) & truth.any(axis=2)
        road, drawn = truth[known][:, 2] == 255, mask[known] == 1
        shared, union = shared + (road & drawn).sum(), union + (road | drawn).sum()
    assert shared / union > 0.95

    drives_of = {
        split: {
            frame.name.partition("/")[0] for frame in open_dataset(place / "data/own", split).frames
        }
        for split in ("train", "val")
    }
    assert len(drives_of["train"]) == 2
    assert len(drives_of["val"]) == 1
    with Image.open(place / "sheet.png") as sheet:
        assert sheet.width == 1320
    assert len(list((place / "predictions" / "overlays").glob("*.png"))) == 2
    assert "all pictures" in capfd.readouterr().out


def test_the_other_way_of_the_page_trains_from_nothing(drives, monkeypatch, capfd):
    place, _ = drives
    monkeypatch.chdir(place)
    (line,) = re.findall(r"^    (roadfcn train configs/own-slim.yaml)$", PAGE, re.MULTILINE)
    for words in (
        COMMANDS[0].replace("data/own", "data/another"),
        f"{line} data.path=data/another runs=from-nothing",
    ):
        assert run(words, monkeypatch, {}) == 0, words + "\n" + "".join(capfd.readouterr())


def test_every_step_of_the_page_is_there():
    assert [line.split()[1] for line in COMMANDS if not line.startswith("RUN=")] == [
        "data", "data", "data", "data", "train", "evaluate", "predict",
    ]  # fmt: skip
