"""`roadfcn train` as a shell sees it: what it prints, what it leaves, how it ends."""

import csv
import json
import shutil
import signal

import pytest

from roadfcn.checkpoints import load_model
from roadfcn.training.recipes.config_files import read_config
from roadfcn.training.steps.module import RoadModule


def only(folder):
    """Give the only entry of a folder."""
    (entry,) = folder.iterdir()
    return entry


def rows(run):
    return list(csv.DictReader((run / "metrics.csv").read_text().splitlines()))


@pytest.fixture
def signal_in_epoch(monkeypatch):
    """Give a function that sets the epoch in whose first step a signal comes, counted from 0."""
    step = RoadModule.training_step

    def send(epoch, signal_number):
        def step_and_signal(module, batch, number):
            if module.current_epoch == epoch and number == 0:
                signal.raise_signal(signal_number)
            return step(module, batch, number)

        monkeypatch.setattr(RoadModule, "training_step", step_and_signal)

    yield send
    monkeypatch.undo()


def test_a_recipe_gives_a_run_its_scores_and_the_next_commands(command, recipe, tmp_path):
    code, out, err = command("train", recipe)
    assert code == 0
    run = only(tmp_path / "runs")
    assert run.name.endswith("-tiny")
    assert "kitti-road, split val, 3 pictures" in out
    lines = out.splitlines()
    assert lines[-5].startswith("best validation IoU 0.")
    assert lines[-5].endswith(" in epoch 1")
    assert lines[-4] == f"run:     {run}"
    assert lines[-3] == f"report:  {run / 'evaluation' / 'report.html'}"
    assert (run / "evaluation" / "report.html").is_file()
    assert lines[-2] == f"predict: roadfcn predict PICTURES --model {run} --out predictions"
    assert lines[-1] == f"curves:  tensorboard --logdir {run}"
    for words in ("reading frames 3/3", "epoch 1/1 loss ", "scoring 3/3"):
        assert words in err


def test_the_command_it_names_works(command, recipe, frames, tmp_path):
    _, out, _ = command("train", recipe)
    words = out.splitlines()[-2].removeprefix("predict: roadfcn ").split()
    words[words.index("PICTURES")] = frames / "training" / "image_2"
    words[words.index("predictions")] = tmp_path / "predictions"
    assert command(*words).code == 0
    assert len(list((tmp_path / "predictions" / "overlays").iterdir())) == 6


def test_overrides_replace_settings_of_the_recipe(command, recipe, tmp_path):
    code, _, _ = command("train", recipe, "trainer.epochs=2", "name=other", "model.fc_channels=6")
    assert code == 0
    run = only(tmp_path / "runs")
    assert run.name.endswith("-other")
    assert len(rows(run)) == 2
    assert load_model(run)[1].architecture["fc_channels"] == 6


def test_scores_are_written_as_json_where_asked(command, recipe, tmp_path):
    code, out, _ = command("train", recipe, "--json", tmp_path / "scores" / "all.json")
    assert code == 0
    assert "kitti-road, split val" in out
    scores = json.loads((tmp_path / "scores" / "all.json").read_text())
    run = only(tmp_path / "runs")
    assert scores == json.loads((run / "evaluation" / "metrics.json").read_text())
    assert scores["images"] == 3


def test_json_on_standard_output_stands_alone(command, recipe):
    _, out, _ = command("train", recipe, "--json", "-")
    assert json.loads(out)["dataset"] == "kitti-road"


def test_a_finished_run_with_more_epochs_goes_on_where_no_rate_depends_on_them(
    command, recipe, tmp_path
):
    command("train", recipe, "schedule.name=constant", "schedule.warmup=0")
    run = only(tmp_path / "runs")
    first = rows(run)
    code, out, _ = command("train", "--resume", run, "trainer.epochs=2")
    assert code == 0
    assert read_config(run / "config.yaml").trainer.epochs == 2
    assert f"run:     {run}" in out
    assert only(tmp_path / "runs") == run
    assert [row["epoch"] for row in rows(run)] == ["0", "1"]
    assert rows(run)[:1] == first


@pytest.mark.parametrize(
    ("number", "epoch", "place"),
    [
        (signal.SIGINT, 1, "epoch 2, step 1 of 2"),
        (signal.SIGTERM, 0, "epoch 1, step 1 of 2"),
        (signal.SIGUSR1, 2, "epoch 3, step 1 of 2"),
    ],
)
def test_a_signal_ends_with_its_code_and_the_command_to_go_on(
    command, recipe, tmp_path, signal_in_epoch, monkeypatch, number, epoch, place
):
    signal_in_epoch(epoch, number)
    code, out, err = command("train", recipe, "trainer.epochs=3")
    run = only(tmp_path / "runs")
    assert (code, out) == (128 + number, "")
    assert (
        "roadfcn: saving after this step, then stopping; a second signal ends it at once\n" in err
    )
    assert err.endswith(
        f"roadfcn: interrupted by {signal.Signals(number).name}, saved at {place}\n"
        f"  go on: roadfcn train --resume {run}\n"
    )
    monkeypatch.undo()
    assert command("train", "--resume", run).code == 0
    assert [row["epoch"] for row in rows(run)] == ["0", "1", "2"]


def test_a_finished_run_is_scored_again_and_says_that_nothing_was_trained(
    command, recipe, tmp_path
):
    command("train", recipe)
    run = only(tmp_path / "runs")
    before = (run / "last.ckpt").stat().st_mtime_ns
    shutil.rmtree(run / "evaluation")
    code, out, err = command("train", "--resume", run)
    assert code == 0
    assert "this run was finished before: nothing was trained, its best model was scored" in out
    assert "training" not in err
    assert (run / "evaluation" / "metrics.json").is_file()
    assert (run / "last.ckpt").stat().st_mtime_ns == before


def test_a_changed_recipe_is_refused_setting_by_setting(refused, command, recipe, tmp_path):
    command("train", recipe)
    run = only(tmp_path / "runs")
    found = refused("train", "--resume", run, "optimizer.lr=0.5", "trainer.epochs=3")
    assert found == (
        f"the recipe of {run} has changed since it was started:\n"
        "    - optimizer.lr was 0.001, is 0.5\n"
        "    - trainer.epochs was 1, is 3"
    )


def test_a_loss_that_is_not_finite_stops_the_run(command, recipe):
    words = ("optimizer.name=sgd", "optimizer.lr=1e30", "schedule.name=constant")
    code, _, err = command("train", recipe, *words, "trainer.epochs=5", "schedule.warmup=0")
    assert code == 2
    assert "roadfcn: the loss is " in err
    assert "do this: lower optimizer.lr" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no recipe was given"),
        (["{recipe}", "--resume", "{runs}"], "both a recipe and --resume were given"),
        (["gone.yaml"], "there is no recipe gone.yaml"),
        (["--resume", "gone"], "gone cannot be resumed: there is no such folder"),
        (["{recipe}", "trainer.epochs"], "'trainer.epochs' is no override"),
        (
            ["{recipe}", "trainer.epochs=0"],
            "trainer.epochs: found 0; allowed: a whole number, 1 or more",
        ),
        (["{recipe}", "optimizer.frozen=[encodr]"], "optimizer.frozen names 'encodr', which fits"),
        (["{recipe}", "loss.class_weights={{road: 2}}"], "loss.class_weights lacks ['background']"),
        (
            ["{recipe}", "trainer.accelerator=nonsense"],
            "the trainer settings do not fit this machine",
        ),
        (
            ["{recipe}", "data.size=[64, 32]"],
            "data.size is 64 x 32 (height x width), but the pictures of ",
        ),
        (["{recipe}", "data.target=lane"], "have no truth for lane"),
        (["{recipe}", "data.label_set=road", "data.val_split=test"], "the split 'test' of"),
    ],
)
def test_a_mistake_is_one_message_and_leaves_no_run(command, recipe, tmp_path, words, message):
    runs = tmp_path / "runs"
    code, out, err = command("train", *(word.format(recipe=recipe, runs=runs) for word in words))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("roadfcn: ") == err.count("  allowed: ") == err.count("  do this: ") == 1
    assert not runs.exists() or not list(runs.iterdir())


def test_an_unknown_option_is_a_usage_error(command, recipe):
    code, _, err = command("train", recipe, "--epochs", 3)
    assert code == 2
    assert "roadfcn: no such option: --epochs" in err


def test_setting_in_the_place_of_the_recipe_is_told(command):
    code, _, err = command("train", "data.path=/x")
    assert code == 2
    assert "'data.path=/x' is a setting where a recipe was expected" in err
