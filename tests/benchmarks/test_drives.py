"""`benchmarks/drives.py`: names of recipes, figures of runs, and runs that are there already."""

import argparse
import csv
import json
import subprocess

import pytest

import drives
from roadfcn.training.recipes.config_files import make_config

COLUMNS = ("epoch", "val/mean_iou", "val/iou_road")


def recipe(*overrides):
    return make_config({"name": "slim", "data": {"path": "camvid"}}, overrides)


def write_run(folder, rows, **scores):
    """Write what a run leaves of which figures are told."""
    (folder / "evaluation").mkdir(parents=True)
    (folder / "evaluation" / "metrics.json").write_text(json.dumps(scores))
    with (folder / "metrics.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return folder


@pytest.fixture
def options(tmp_path):
    return argparse.Namespace(out=tmp_path, config=tmp_path / "slim.yaml")


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """Give the commands that are run: each makes the run that it is asked for, in no time."""
    asked = []

    def run(words, **settings):
        asked.append(words[3:])
        named = [word.removeprefix("name=") for word in words if word.startswith("name=")]
        if named:
            folder = tmp_path / "runs" / f"20260102-030405-{named[0]}"
        else:
            folder = words[words.index("--resume") + 1]
        evaluation = tmp_path / folder / "evaluation"
        evaluation.mkdir(parents=True)
        (evaluation / "metrics.json").write_text("{}")
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr(drives.subprocess, "run", run)
    return asked


def test_a_recipe_is_named_by_what_it_sets():
    name, _, digits = drives.recipe_name(recipe()).rpartition("-")
    assert name == "slim"
    assert len(bytes.fromhex(digits)) == 4
    names = {
        drives.recipe_name(recipe(*words))
        for words in ([], ["trainer.epochs=60"], ["optimizer.lr=0.01"], ["data.size=[240,320]"])
    }
    assert len(names) == 4


@pytest.mark.parametrize(
    "word",
    [
        "data.path=elsewhere",
        "data.cache=false",
        "data.workers=3",
        "runs=elsewhere",
        "trainer.epochs=50",  # the default, spelled out
    ],
)
def test_a_name_does_not_change_with_place_cache_or_defaults(word):
    assert drives.recipe_name(recipe(word)) == drives.recipe_name(recipe())


def test_figures_are_those_of_the_best_model_and_of_the_last_epoch_that_was_validated(tmp_path):
    run = write_run(
        tmp_path / "run",
        [(0, 0.4, 0.8), (1, 0.6, 0.9), (2, 0.5, 0.7), (3, "", "")],
        images=7,
        mean_iou=0.61,
        per_class={"road": {"iou": 0.91}, "sky": {"iou": 0.3}},
    )
    assert drives.figures(run) == {
        "frames": 7,
        "mean_iou": 0.61,
        "road_iou": 0.91,
        "last_mean_iou": 0.5,
        "last_road_iou": 0.7,
    }


def test_a_run_that_was_never_validated_has_its_last_weights_scored(tmp_path):
    scores = {"images": 7, "mean_iou": 0.61, "per_class": {"road": {"iou": 0.91}}}
    for number, rows in enumerate(([(0, "", "")], [])):
        found = drives.figures(write_run(tmp_path / str(number), rows, **scores))
        assert (found["mean_iou"], found["last_mean_iou"]) == (0.61, 0.61)
        assert (found["road_iou"], found["last_road_iou"]) == (0.91, 0.91)


def test_a_run_that_is_there_is_not_made_again(options, commands):
    run = write_run(options.out / "runs" / "20260101-000000-slim-ab-0016E5", [])
    assert drives.trained(options, "slim-ab-0016E5", []) == run
    assert commands == []


def test_a_run_of_another_drive_is_none_of_this_one(options, commands):
    write_run(options.out / "runs" / "20260101-000000-slim-ab-0016E5", [])
    run = drives.trained(options, "slim-ab-0001TP", ["trainer.epochs=2"])
    assert run.name == "20260102-030405-slim-ab-0001TP"
    (words,) = commands
    runs = options.out / "runs"
    assert words == [
        "train",
        str(options.config),
        "trainer.epochs=2",
        "name=slim-ab-0001TP",
        f"runs={runs}",
    ]


def test_an_interrupted_run_goes_on(options, commands):
    begun = options.out / "runs" / "20260101-000000-slim-ab-0016E5"
    begun.mkdir(parents=True)
    (begun / "config.yaml").write_text("")
    hidden = options.out / "runs" / ".20260101-000001-slim-ab-0016E5"  # not yet a run
    hidden.mkdir()
    (hidden / "config.yaml").write_text("")
    assert drives.trained(options, "slim-ab-0016E5", []) == begun
    assert commands == [["train", "--resume", str(begun)]]


def test_training_that_fails_ends_the_script_with_its_code(options, monkeypatch):
    failed = subprocess.CompletedProcess([], 3)
    monkeypatch.setattr(drives.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(SystemExit) as ended:
        drives.trained(options, "slim-ab-0016E5", [])
    assert ended.value.code == 3


def test_a_row_is_in_percent(capsys):
    row = {"frames": 7, "mean_iou": 0.614, "road_iou": 0.91}
    drives.show("0016E5", row | {"last_mean_iou": 0.5, "last_road_iou": 0.7})
    assert capsys.readouterr().out.split() == ["0016E5", "7", "61.4", "91.0", "50.0", "70.0"]
