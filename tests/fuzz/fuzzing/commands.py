"""Whole commands on damaged files: an exit code that means something, one message, whole files."""

import atexit
import contextlib
import functools
import io
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import torch
import yaml
from hypothesis import strategies as st
from lightning.pytorch import Callback
from PIL import Image

from fuzzing import png
from fuzzing.cases import Case, Kind
from fuzzing.counts import SCORES, counts_bytes, valid_counts
from fuzzing.models import model_bytes, valid_models
from fuzzing.mutations import damaged, damaged_tree
from fuzzing.pictures import picture_bytes, valid_pictures
from roadfcn.cli.app import main
from roadfcn.evaluation.evaluate import PER_IMAGE_NAME, SCORES_NAME
from roadfcn.training.recipes.config_files import make_config, read_config
from roadfcn.training.runs.run import train

_PICTURE, _TRUTH = "data/training/image_2/um_000000.png", "data/training/gt_image_2/"
_TRUTH += "um_road_000000.png"
_RUN_FILES = ("run/last.ckpt", "run/frozen.ckpt", "run/config.yaml", "run/environment.json")
_CALIBRATION = "data/training/calib/um_000000.txt"
_ORDERS = {
    "predict": "predict {0}/data/training/image_2 --model {0}/model.safetensors --out {0}/out",
    "evaluate": "evaluate {0}/model.safetensors {0}/data --split all --json {0}/out/scores.json",
    "data check": "data check {0}/data --sheet {0}/out/sheet.png --json {0}/out/found.json",
    "data stats": "data stats {0}/data --split all --json {0}/out/stats.json",
    "train": "train {0}/recipe.yaml data.path={0}/data runs={0}/out trainer.epochs=1 "
    "trainer.max_steps=1 trainer.batch_size=2 trainer.accelerator=cpu trainer.devices=1 "
    "data.workers=0 data.size=null data.cache=true augmentation.preset=none "
    "augmentation.crop=null model.width=0.02 model.fc_channels=4 trainer.accumulate=1",
    "resume": "train --resume {0}/run",
    "compare": "compare {0}/first {0}/second --json {0}/out/found.json --report {0}/out",
}
_READERS = ["predict", "evaluate", "data check", "data stats", "train"]
_MESSAGE = re.compile(
    r"(?:(?:[^\n]* \d+/\d+|(?:memory|run|warning): [^\n]+)\n)*"
    r"roadfcn: .+\n  allowed: [^\n]+\n  do this: [^\n]+\n",
    re.DOTALL,
)
_RECIPE = make_config(
    {
        "data": {"path": "data"},
        "model": {"width": 0.02, "fc_channels": 4, "fc_kernel": 1},
        "augmentation": {"preset": "none"},
        "optimizer": {"frozen": ["encoder.conv1_1"]},
        "trainer": {"epochs": 2, "batch_size": 2, "accelerator": "cpu", "devices": 1},
    }
).model_dump(mode="json")


def _write_sound_files(folder):
    """Make frames in KITTI's layout, a model, a recipe, and the scores of two runs."""
    image = np.full((32, 64, 3), (40, 150, 60), np.uint8)
    truth = np.full((32, 64, 3), (255, 0, 0), np.uint8)
    image[12:, :24], truth[12:, :24] = (120, 120, 125), (255, 0, 255)
    matrices = "P2: 60 0 32 0 0 60 16 0 0 0 1 0\nR0_rect: 1 0 0 0 1 0 0 0 1\n"
    matrices += "Tr_cam_to_road: 1 0 0 0 0 1 0 -1.6 0 0 1 0\n"
    for part in ("image_2", "gt_image_2", "calib"):
        (folder / "data" / "training" / part).mkdir(parents=True)
    for name in (f"{category}_00000{n}" for category in ("um", "uu") for n in (0, 1, 2)):
        category, number = name.split("_")
        training = folder / "data" / "training"
        Image.fromarray(image).save(training / "image_2" / f"{name}.png")
        Image.fromarray(truth).save(training / "gt_image_2" / f"{category}_road_{number}.png")
        (training / "calib" / f"{name}.txt").write_text(matrices, encoding="ascii")
    (folder / "recipe.yaml").write_text(yaml.safe_dump(_RECIPE), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(valid_models(folder.parent)[0])
    for run in ("first", "second"):
        (folder / run).mkdir()
        (folder / run / PER_IMAGE_NAME).write_bytes(valid_counts(folder.parent)[0])
        (folder / run / SCORES_NAME).write_text(json.dumps(SCORES), encoding="utf-8")


class _Leave(Callback):
    """Ends a run as Ctrl-C does, when its first epoch is saved."""

    def on_train_epoch_start(self, trainer, module):
        if trainer.current_epoch == 1:
            raise KeyboardInterrupt


def _train(folder):
    """Make a run that broke off after the first of two epochs."""
    changes = {"data.path": folder / "data", "runs": folder / "runs"}
    with contextlib.suppress(KeyboardInterrupt):
        train(read_config(folder / "recipe.yaml", changes=changes), callbacks=[_Leave()])
    (run,) = (folder / "runs").iterdir()
    run.rename(folder / "run")


@st.composite
def _other_state(draw, content):
    """Load a checkpoint, put other values in the place of some, and save it again."""
    state = torch.load(io.BytesIO(content), weights_only=True)
    buffer = io.BytesIO()
    torch.save(draw(damaged_tree(st.just(state), most=2)), buffer)
    return buffer.getvalue()


@functools.cache
def _sound_folder():
    """Make the folder that every case is a copy of, anew in each process that runs some."""
    place = tempfile.TemporaryDirectory(prefix="fuzz-sound-")
    atexit.register(place.cleanup)
    sound = Path(place.name) / "sound"
    sound.mkdir()
    _write_sound_files(sound)
    _train(sound)
    return sound


def _cases(workshop):
    sound = _sound_folder()
    run = {name: (sound / name).read_bytes() for name in _RUN_FILES}
    scores = (sound / "second/metrics.json").read_bytes()
    truth, matrices = (sound / _TRUTH).read_bytes(), (sound / _CALIBRATION).read_bytes()
    spoilt = {
        _PICTURE: (_READERS, picture_bytes(valid_pictures())),
        _TRUTH: (_READERS[1:], png.damaged_png(st.just(truth))),
        _CALIBRATION: (["data check", "evaluate"], damaged(st.just(matrices))),
        "model.safetensors": (["predict", "evaluate"], model_bytes(valid_models(workshop))),
        "recipe.yaml": (
            ["train"],
            damaged_tree(st.just(_RECIPE)).map(
                lambda tree: json.dumps(tree, default=str).encode("utf-8", "surrogatepass")
            ),
        ),
        "second/per_image.npz": (["compare"], counts_bytes(valid_counts(workshop)[:1])),
        "second/metrics.json": (["compare"], damaged(st.just(scores))),
        "run/last.ckpt": (["resume"], _other_state(run["run/last.ckpt"])),
        "run/config.yaml": (["resume"], damaged(st.just(run["run/config.yaml"]), most=2)),
        "run/environment.json": (["resume"], damaged(st.just(run["run/environment.json"]))),
    }
    return st.one_of(
        st.builds(
            lambda order, content, target: Case(target, content, (order,)),
            st.sampled_from(orders),
            contents,
            st.just(target),
        )
        for target, (orders, contents) in spoilt.items()
    )


def _check(case, folder):
    (order,) = case.words
    place = folder / "here"
    shutil.copytree(_sound_folder(), place)
    (place / case.name).write_bytes(case.content)
    words = [word.format(place) for word in _ORDERS[order].split()]
    code, out, err = _run(words)
    assert "Traceback" not in out + err
    assert "Warning:" not in out + err, err
    written = [path for path in (place / "out").rglob("*") if path.is_file()]
    if code == 2:
        assert _MESSAGE.fullmatch(err), err
        assert not written, written
        assert (place / case.name).read_bytes() == case.content, "the input has changed"
    else:
        assert code in (0, 1), code
    for path in written:
        _assert_whole(path)
    return f"right answer: {order} done" if code == 0 else f"{order}: exit code {code}"


def _run(words):
    """Run a command as a shell would; give exit code, standard output and error."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["roadfcn", *words]),
        # Intervals out of as many draws as users get would take most of the time.
        mock.patch("roadfcn.evaluation.comparison.DRAWS", 20),
        mock.patch("roadfcn.evaluation.score_intervals.DRAWS", 20),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            return ended.code or 0, out.getvalue(), err.getvalue()
    raise AssertionError("the command did not end the program")


def _assert_whole(path):
    assert ".part" not in path.name
    if path.suffix == ".png":
        with Image.open(path) as picture:
            picture.load()
    elif path.suffix == ".json":
        json.loads(path.read_text(encoding="utf-8"))


COMMANDS = Kind("commands", _cases, _check)
