"""`python main.py`: from an empty folder to road that is labelled, scored and drawn."""

import functools
import json
import runpy
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from roadfcn.checkpoints import load_model
from roadfcn.model_card import read_card
from roadfcn.scenes import write
from roadfcn.weights.shipped_models import shipped_path

MAIN = Path(__file__).parents[3] / "main.py"
TINY = ("trainer.epochs=1", "model.width=0.05", "model.fc_channels=4", "augmentation.preset=none")
TINY_SCENES = (*TINY, "data.size=[32,96]", "augmentation.crop=[32,96]")
TINY_KITTI = (*TINY, "data.size=[32,64]", "augmentation.crop=[32,64]")


@pytest.fixture
def main(monkeypatch, capfd, tmp_path, tmp_path_factory):
    """Give a function that runs main.py, from another folder; gives (code, stdout, stderr)."""

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path_factory.mktemp("cache")))

    def run(*words):
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["main.py", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(MAIN), run_name="__main__")
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return ended.value.code or 0, out, err

    return run


@pytest.fixture
def small_scenes(monkeypatch):
    """Paint small scenes, in this process: a second instead of ten."""
    painted = functools.partial(write.write_scenes, size=(94, 311), workers=1)
    monkeypatch.setattr(write, "write_scenes", painted)


def wait_for(condition, seconds=300):
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@pytest.fixture
def kitti(frames):
    """Give a KITTI Road tree with test pictures, which have no truth."""
    (frames / "testing" / "image_2").mkdir(parents=True)
    for index in range(3):
        picture = Image.fromarray(np.full((32, 64, 3), 60 * index, np.uint8))
        picture.save(frames / "testing" / "image_2" / f"um_00000{index}.png")
    return frames


def only(folder):
    (entry,) = folder.iterdir()
    return entry


def overlays(run):
    return sorted(path.name for path in (run / "predictions" / "overlays").iterdir())


@pytest.mark.usefixtures("small_scenes")
def test_without_data_scenes_are_made_learned_scored_and_drawn(main, tmp_path):
    words = ("--train-scenes", 6, "--test-scenes", 3, *TINY_SCENES)
    code, out, err = main(*words)
    assert code == 0
    assert out.startswith("Data: no KITTI Road in data/data_road (from https://")
    assert "Network: slim, 1 epochs, from scratch, as slim-road fits another network than" in out
    run = only(tmp_path / "runs")
    assert run.name.endswith("-scenes-slim")
    assert overlays(run) == ["um_000000.png", "umm_000000.png", "uu_000000.png"]
    scores = json.loads((run / "evaluation" / "metrics.json").read_text())
    assert (scores["split"], scores["images"]) == ("test", 3)
    assert {"MaxF", "AP"} <= set(scores["road"]["image"]["urban_road"])
    shown = dict(line.split(maxsplit=1) for line in out.splitlines()[-6:])
    for name in ("report", "pictures", "scores", "model"):
        assert (tmp_path / shown[name]).exists()
    for words_of_bar in ("generating scenes 9/9", "epoch 1/1", "scoring 3/3", "drawing pictures 3"):
        assert words_of_bar in err

    again = main(*words)
    assert "Scenes: data/generated/6-3-seed-0-painter-3, from an earlier run" in again[1]
    assert "generating" not in again[2]
    assert only(tmp_path / "data" / "generated").name == "6-3-seed-0-painter-3"


def test_kitti_road_is_used_where_it_is(main, kitti, tmp_path):
    code, out, _ = main("--data", kitti.parent, *TINY_KITTI)
    assert code == 0
    assert out.startswith(f"Data: KITTI Road in {kitti}\n")
    run = only(tmp_path / "runs")
    assert run.name.endswith("-kitti-road-slim")
    assert overlays(run) == ["um_000000.png", "um_000001.png", "um_000002.png"]
    scores = json.loads((run / "evaluation" / "metrics.json").read_text())
    assert (scores["split"], scores["images"]) == ("val", 3)
    assert not (tmp_path / "generated").exists()


def test_without_test_pictures_the_validation_pictures_are_drawn(main, frames, tmp_path):
    assert main("--data", frames.parent, *TINY_KITTI)[0] == 0
    names = overlays(only(tmp_path / "runs"))
    assert [name.partition("_")[0] for name in names] == ["um", "umm", "uu"]


def test_the_described_network_is_built_on_demand(main, kitti, tmp_path):
    words = ("--data", kitti.parent, "--model", "vgg16", "--offline", *TINY_KITTI)
    code, out, _ = main(*words)
    assert code == 0
    assert "Weights: none, for" in out
    assert "https://download.pytorch.org/models/vgg16-397923af.pth" in out
    assert "Network: vgg16, 1 epochs, from scratch, as there are no VGG16 weights" in out
    run = only(tmp_path / "runs")
    assert run.name.endswith("-kitti-road-vgg16")
    architecture = load_model(run)[1].architecture
    assert (architecture["upsampling"], architecture["fc_kernel"]) == ("random", 7)


def test_a_mistake_is_told_before_scenes_are_made(main, tmp_path):
    code, _, err = main("trainer.epoch=3")
    assert code == 2
    assert "trainer.epoch: unknown key; did you mean 'epochs'?" in err
    assert list(tmp_path.iterdir()) == []


def test_too_few_scenes_are_a_usage_error(main):
    code, _, err = main("--train-scenes", 2)
    assert code == 2
    assert "train-scenes" in err


@pytest.mark.usefixtures("small_scenes")
@pytest.mark.parametrize("words", [(), ("--from-scratch",), ("weights=null",)])
def test_the_small_network_starts_from_the_shipped_one_unless_told_otherwise(main, tmp_path, words):
    sizes = [word for word in TINY_SCENES if not word.startswith("model.")]
    code, out, _ = main("--train-scenes", 6, "--test-scenes", 3, *sizes, *words)
    assert code == 0
    run = only(tmp_path / "runs")
    card = read_card(run)
    assert card.provenance["origin"] == "generated scenes"
    if words:
        assert "Network: slim, 1 epochs, from scratch; no GPU here, --model vgg16 trains" in out
        assert card.provenance["weights"] is None
    else:
        assert "Network: slim, 1 epochs, from slim-road, which comes with roadfcn; no GPU" in out
        assert card.architecture == read_card(shipped_path("slim-road")).architecture
        assert card.provenance["weights"]["source"] == "slim-road"
        assert card.provenance["weights"]["fresh"] == {}
        assert "\nweights: slim-road\n" in (run / "config.yaml").read_text()


@pytest.mark.usefixtures("small_scenes")
@pytest.mark.parametrize(("words", "epochs"), [((), 12), (("--from-scratch",), 28)])
def test_a_network_that_knows_roads_learns_scenes_in_fewer_epochs(main, words, epochs):
    settings = [word for word in TINY_SCENES if not word.startswith(("model.", "trainer."))]
    code, out, _ = main(
        "--train-scenes", 6, "--test-scenes", 3, *settings, "trainer.max_steps=1", *words
    )
    assert code == 0
    assert f"Network: slim, {epochs} epochs, from" in out


@pytest.mark.usefixtures("small_scenes")
def test_scenes_that_fill_the_disk_are_taken_away(main, mount_tmpfs):
    disk = mount_tmpfs("size=200k")
    code, _, err = main("--data", disk, "--train-scenes", 30, *TINY_SCENES)
    assert code == 2
    assert "roadfcn: the disk is full" in err
    assert list((disk / "generated").iterdir()) == []
    assert shutil.disk_usage(disk).used == 0


def test_ctrl_c_while_scenes_are_made_leaves_none(main, monkeypatch, tmp_path):
    def make_one_and_press_ctrl_c(out, **_):
        (out / "training").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "write_scenes", make_one_and_press_ctrl_c)
    assert main(*TINY_SCENES)[0] == 130
    assert list((tmp_path / "data" / "generated").iterdir()) == []


@pytest.mark.parametrize("how", ["--weights", "weights="])
def test_weights_that_do_not_fit_are_told_before_scenes_are_made(main, road_run, tmp_path, how):
    words = ("--weights", road_run) if how == "--weights" else (f"weights={road_run}",)
    code, _, err = main("--offline", *words)
    assert code == 2
    assert "do not fit the network's encoder: they have no batch norm" in err
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows ends processes otherwise")
def test_asked_to_end_while_scenes_are_painted_it_leaves_nothing(tmp_path):
    words = [sys.executable, str(MAIN), "--offline", "--train-scenes", "3000"]
    with subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(lambda: list(tmp_path.glob("data/generated/*.part/training/image_2/*.png")))
        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=300)
    assert process.returncode == 128 + signal.SIGTERM
    assert not list(tmp_path.glob("data/generated/*"))
    assert "Traceback" not in complaint
    assert "leaked" not in complaint
