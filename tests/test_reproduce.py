"""`tools/reproduce.py`: the parts that take no hour."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from roadfcn.model_card import read_card
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.config_files import read_config
from roadfcn.weights.shipped_models import shipped_path

ROOT = Path(__file__).parents[1]
TOOL = runpy.run_path(str(ROOT / "tools" / "reproduce.py"))
STATED = {"mean_iou": 0.6, "intervals": {"mean_iou": [0.57, 0.63]}}


@pytest.mark.parametrize(
    ("mean_iou", "within"), [(0.57, True), (0.601, True), (0.5699, False), (0.64, False)]
)
def test_a_score_lands_within_the_stated_interval_or_not(
    mean_iou: float, within: bool, capsys: pytest.CaptureFixture[str]
):
    assert TOOL["told"](mean_iou, STATED) is within
    said = capsys.readouterr().out
    assert ("OUTSIDE" not in said) is within
    assert "0.6000 (0.5700 to 0.6300)" in said


def test_what_is_compared_with_is_what_the_shipped_card_states():
    stated = read_card(shipped_path(TOOL["NAME"])).scores[TOOL["SCORED_ON"]]
    low, high = stated["intervals"]["mean_iou"]
    assert low < stated["mean_iou"] < high


@pytest.mark.parametrize("name", ["slim-camvid11", "slim-road"])
def test_a_shipped_model_was_made_by_the_recipe_of_its_name(name: str):
    """But for places: where data lay and runs went is a machine's."""
    made_by = TrainingConfig.model_validate(read_card(shipped_path(name)).provenance["recipe"])
    recipe = read_config(ROOT / "configs" / f"{name}.yaml", [])
    assert _without_places(made_by) == _without_places(recipe)


def _without_places(config: TrainingConfig) -> dict[str, Any]:
    """Give what decides about the weights: neither where things lie nor who loads them."""
    values = config.model_dump(exclude={"runs": True, "weights": True, "data": {"path", "workers"}})
    for also in values["data"]["also"]:
        del also["path"]
    return values


def test_a_finished_run_is_not_made_again_and_the_last_one_counts(tmp_path: Path):
    recipe = ROOT / "configs" / "slim-camvid11.yaml"
    runs = tmp_path / "runs"
    for begun in ("20260101-000000", "20260102-000000", "20260103-000000"):
        (runs / f"{begun}-slim-camvid11").mkdir(parents=True)
    for ended in ("20260101-000000", "20260102-000000"):
        folder = runs / f"{ended}-slim-camvid11" / "evaluation"
        folder.mkdir()
        (folder / "metrics.json").write_text("{}", encoding="utf-8")
    assert TOOL["trained"](tmp_path, recipe) == runs / "20260102-000000-slim-camvid11"


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
