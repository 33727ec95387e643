"""`tools/reproduce.py`: the parts that take no hour."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from roadfcn.image_files import write_image
from roadfcn.model_card import read_card
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.config_files import read_config, write_config
from roadfcn.weights.shipped_models import shipped_path

ROOT = Path(__file__).parents[1]
TOOL_PATH = ROOT / "tools" / "reproduce.py"
TOOL = runpy.run_path(str(TOOL_PATH))
STATED = {"mean_iou": 0.6}


@pytest.mark.parametrize(
    ("mean_iou", "within"), [(0.578, True), (0.601, True), (0.577, False), (0.623, False)]
)
def test_a_score_lies_as_near_as_two_runs_do_or_not(
    mean_iou: float, within: bool, capsys: pytest.CaptureFixture[str]
):
    assert TOOL["told"](mean_iou, STATED) is within
    said = capsys.readouterr().out
    assert ("OUTSIDE" not in said) is within
    assert "has 0.6000, and another run of its recipe 0.5775 to 0.6225" in said


def test_the_deviation_is_that_of_the_runs_that_were_made():
    """Of each pair half the squared distance is an estimate of the variance; their mean counts."""
    pairs = [(0.7284, 0.7304), (0.7379, 0.7540)]
    pooled = sum((one - other) ** 2 / 2 for one, other in pairs) / len(pairs)
    assert round(pooled**0.5, 4) == TOOL["RUN_DEVIATION"]


def test_what_is_compared_with_is_what_the_shipped_card_states():
    stated = read_card(shipped_path(TOOL["NAME"])).scores[TOOL["SCORED_ON"]]
    low, high = stated["intervals"]["mean_iou"]
    assert low < stated["mean_iou"] < high


@pytest.mark.parametrize("name", ["slim-camvid11", "slim-road"])
def test_a_shipped_model_was_made_by_the_recipe_of_its_name(name: str):
    """But for places: where data lay and runs went is a machine's."""
    made_by = TrainingConfig.model_validate(read_card(shipped_path(name)).provenance["recipe"])
    recipe = read_config(ROOT / "configs" / f"{name}.yaml", [])
    without_places = TOOL["_without_places"]
    assert without_places(made_by) == without_places(recipe)


RECIPE = ROOT / "configs" / "slim-camvid11.yaml"
PLACES = ("data.path=here", "data.also.0.path=there")


def _run(out: Path, begun: str, *changes: str, finished: bool = False, saved: bool = False) -> Path:
    """Leave of a run what its training would have left, its data elsewhere."""
    folder = out / "runs" / f"{begun}-slim-camvid11"
    write_config(folder / "config.yaml", read_config(RECIPE, ["data.path=elsewhere", *changes]))
    if saved:
        (folder / "last.ckpt").touch()
    if finished:
        (folder / "evaluation").mkdir()
        (folder / "evaluation" / "metrics.json").write_text("{}", encoding="utf-8")
    return folder


def test_a_finished_run_is_not_made_again_and_the_last_one_counts(tmp_path: Path):
    _run(tmp_path, "20260101-000000", finished=True)
    last = _run(tmp_path, "20260102-000000", finished=True)
    _run(tmp_path, "20260103-000000", saved=True)
    (tmp_path / "runs" / "20260104-000000-slim-camvid11").mkdir()
    _run(tmp_path, "20260105-000000", "loss.deep_supervision=0", finished=True)
    assert TOOL["trained"](tmp_path, RECIPE, *PLACES) == last


@pytest.mark.parametrize(
    ("changes", "goes_on"),
    [(("data.workers=3", "runs=x", "name=y"), True), (("loss.deep_supervision=0",), False)],
    ids=["other places", "another recipe"],
)
def test_an_interrupted_run_goes_on_if_it_is_of_this_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: tuple[str, ...], goes_on: bool
):
    run = _run(tmp_path, "20260101-000000", *changes, saved=True)
    calls: list[tuple[object, ...]] = []
    trained = TOOL["trained"]
    monkeypatch.setitem(trained.__globals__, "roadfcn", lambda *words: calls.append(words))
    trained(tmp_path, RECIPE, *PLACES)
    (words,) = calls
    assert words[0] == "train"
    assert set(PLACES) <= set(words)
    assert (words[1:3] == ("--resume", run)) is goes_on
    assert (words[1] == RECIPE) is not goes_on


@pytest.mark.parametrize("folder", ["nowhere", "without-val"])
def test_a_folder_that_cannot_be_learned_from_is_refused_before_scenes_are_painted(
    tmp_path: Path, folder: str
):
    for kind in ("train", "trainannot"):
        (tmp_path / "without-val" / kind).mkdir(parents=True)
        write_image(
            tmp_path / "without-val" / kind / "0001TP_0.png",
            np.zeros((8, 8, 3) if kind == "train" else (8, 8), np.uint8),
        )
    done = subprocess.run(
        [sys.executable, TOOL_PATH, "--camvid", tmp_path / folder, "--out", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert folder in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_scenes_of_an_interrupted_painting_are_painted_again_and_finished_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    painted = TOOL["painted"]
    few = ("--size", "32x64", "--train", "2", "--test", "1", "--workers", "1")
    monkeypatch.setitem(painted.__globals__, "SCENES", few)
    pictures = tmp_path / "training" / "image_2"
    pictures.mkdir(parents=True)
    (pictures / "um_000000.png").write_bytes(b"half")
    painted(tmp_path)
    first = {path.name: path.stat().st_mtime_ns for path in pictures.iterdir()}
    assert len(first) == 2
    assert (pictures / "um_000000.png").stat().st_size > 100
    painted(tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in pictures.iterdir()} == first
