import json
import re
import sys
from typing import NamedTuple

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from safetensors.torch import load_file
from typer.testing import CliRunner

from roadfcn.checkpoints import save_model
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.model_card import ModelCard
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn


def save_tiny_model(folder, label_set):
    """Save an untrained network that runs in milliseconds."""
    torch.manual_seed(1)  # with which the road model finds some
    architecture = FCNArchitecture(
        len(label_set), width=0.02, fc_channels=4, fc_kernel=1, score_start="normal"
    )
    card = ModelCard(architecture.to_dict(), label_set, InputFormat())
    save_model(folder / "model.safetensors", build_fcn(architecture), card)
    return folder


@pytest.fixture(scope="session")
def road_run(tmp_path_factory):
    """Give a run folder with a tiny road model."""
    return save_tiny_model(tmp_path_factory.mktemp("road") / "run", ROAD)


@pytest.fixture(scope="session")
def camvid_run(tmp_path_factory):
    """Give a run folder with a tiny model of CamVid's classes."""
    return save_tiny_model(tmp_path_factory.mktemp("camvid") / "run", CAMVID_11)


@pytest.fixture
def pictures(tmp_path):
    """Give a folder with two pictures, one in a subfolder."""
    folder = tmp_path / "pictures"
    (folder / "sub").mkdir(parents=True)
    for name, size in (("a.png", (20, 10)), ("sub/b.jpg", (7, 9))):
        Image.new("RGB", size, (90, 90, 90)).save(folder / name)
    return folder


@pytest.fixture
def kitti(tmp_path):
    """Give a KITTI Road folder with one frame of each category."""
    root = tmp_path / "data_road"
    truth = np.zeros((12, 16, 3), np.uint8)
    truth[..., 0] = 255
    truth[6:, :, 2] = 255
    for folder in ("image_2", "gt_image_2", "calib"):
        (root / "training" / folder).mkdir(parents=True)
    for category in ("um", "umm", "uu"):
        image = root / "training" / "image_2" / f"{category}_000000.png"
        Image.fromarray(truth).save(image)
        name = f"{category}_road_000000.png"
        Image.fromarray(truth).save(root / "training" / "gt_image_2" / name)
    return root


@pytest.fixture
def roadfcn():
    """Give a function that runs the command line: roadfcn("predict", ...) -> result.

    An error a user can mend is raised, as `main` would catch it.
    """
    from roadfcn.cli.app import app

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


class Outcome(NamedTuple):
    """What a command left on the terminal."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch, capfd):
    """Give a function that runs the command line as a shell would: command("train", ...).

    Whatever happens, no traceback may be seen.
    """
    from roadfcn.cli.app import main

    def run(*words, columns=120):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["roadfcn", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        seen = Outcome(ended.value.code or 0, *capfd.readouterr())
        assert "Traceback" not in seen.out + seen.err
        return seen

    return run


@pytest.fixture
def frames(tmp_path):
    """Give a KITTI Road tree of six frames, 32 x 64, with grey road at the left of green fields."""
    root = tmp_path / "data_road"
    camera = {"P2": np.array([[60, 0, 32, 0], [0, 60, 10, 0], [0, 0, 1, 0]]), "R0_rect": np.eye(3)}
    camera["Tr_cam_to_road"] = np.eye(3, 4)
    camera["Tr_cam_to_road"][1, 3] = -1.6
    calibration = "".join(
        f"{key}: {' '.join(map(str, values.ravel()))}\n" for key, values in camera.items()
    )
    for folder in ("image_2", "gt_image_2", "calib"):
        (root / "training" / folder).mkdir(parents=True)
    for number, name in enumerate(f"{c}_00000{i}" for c in ("um", "umm", "uu") for i in (0, 1)):
        image = np.full((32, 64, 3), (40, 150 + number, 60), np.uint8)
        truth = np.full((32, 64, 3), (255, 0, 0), np.uint8)
        image[12:, : 24 + 4 * number] = (120, 120, 125)
        truth[12:, : 24 + 4 * number] = (255, 0, 255)
        truth[-2:] = 0
        category, _, index = name.partition("_")
        part = root / "training"
        Image.fromarray(image).save(part / "image_2" / f"{name}.png")
        Image.fromarray(truth).save(part / "gt_image_2" / f"{category}_road_{index}.png")
        (part / "calib" / f"{name}.txt").write_text(calibration, encoding="utf-8")
    return root


@pytest.fixture
def recipe(tmp_path, frames):
    """Give a recipe of one epoch for a network of a few thousand weights on `frames`."""
    path = tmp_path / "tiny.yaml"
    values = {
        "name": "tiny",
        "runs": str(tmp_path / "runs"),
        "data": {"path": str(frames)},
        "model": {"width": 0.02, "fc_channels": 4, "fc_kernel": 1, "dropout": 0.0},
        "augmentation": {"preset": "none"},
        "trainer": {"epochs": 1, "batch_size": 2, "accelerator": "cpu", "devices": 1},
    }
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


@pytest.fixture
def refused(command):
    """Give a function that runs a command which must refuse; gives what it says was found."""

    def run(*words):
        code, _, err = command(*words)
        told = re.fullmatch(
            # progress without a terminal to draw in
            r"(?:[^\n]* \d+/\d+\n|memory: [^\n]+\n|run: [^\n]+\n)*"
            r"roadfcn: (?P<found>.+)\n  allowed: (?P<allowed>[^\n]+)\n  do this: (?P<do>[^\n]+)\n",
            err,
            re.DOTALL,
        )
        assert told, err
        assert code == 2
        return told["found"]

    return run


@pytest.fixture
def noise_folder(tmp_path):
    """Give a folder of four pictures that do not compress: 30 kB each."""
    folder = tmp_path / "noise"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(4):
        pixels = generator.integers(0, 256, (100, 100, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def assert_whole():
    """Give a function that reads every file below a folder; a temporary or broken one fails."""
    readers = {
        ".png": lambda path: Image.open(path).load(),
        ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
        ".npz": lambda path: np.load(path)["names"],
        ".safetensors": load_file,
        ".ckpt": lambda path: torch.load(path, weights_only=True),
    }

    def check(folder):
        for path in folder.rglob("*"):
            assert ".part" not in path.name, path
            if path.suffix in readers:
                readers[path.suffix](path)

    return check


# Commands by what they do to data: the names are those that the tests are told by.
ORDERS = {
    "train on": "train {recipe} data.path={data} data.val_split=all",
    "evaluate on": "evaluate {model} {data} --split all --json {out}/scores.json",
    "data check": "data check {data} --sheet {out}/sheet.png",
    "data stats": "data stats {data} --split all --sheet {out}/sheet.png",
    "train": "train {recipe} runs={out}",
    "predict": "predict {pictures} --model {model} --out {out} --overwrite",
    "predict, keeping": "predict {pictures} --model {model} --out {out}",
    "scenes": "scenes {out} --train 3 --test 0 --size 94x311 --workers 1 --overwrite",
    "scenes, keeping": "scenes {out} --train 3 --test 0 --size 94x311 --workers 1",
    "evaluate --out": "evaluate {model} {data} --json - --out {out}/new",
    "evaluate --json": "evaluate {model} {data} --json {out}/scores.json",
    "data check --sheet": "data check {data} --json - --sheet {out}/sheet.png",
    "data stats --json": "data stats {data} --json {out}/stats.json",
}


@pytest.fixture
def words(recipe, frames, noise_folder, road_run, tmp_path):
    """Give a function that spells out one of `ORDERS`, with other folders if wanted."""
    places = {"recipe": recipe, "model": road_run, "data": frames, "pictures": noise_folder}

    def fill(name, **others):
        filled = {"out": tmp_path / "out"} | places | others
        return [word.format(**filled) for word in ORDERS[name].split()]

    return fill
