"""`roadfcn train` as a shell sees it: what it prints, what it leaves, how it ends."""

import csv
import json
import signal

import pytest
import yaml

from roadfcn.checkpoints import load_model
from roadfcn.training.module import RoadModule


def only(folder):
    """Give the only entry of a folder."""
    (entry,) = folder.iterdir()
    return entry


def rows(run):
    return list(csv.DictReader((run / "metrics.csv").read_text().splitlines()))


@pytest.fixture
def ctrl_c_in_epoch(monkeypatch):
    """Give a function that sets the epoch in which Ctrl-C is pressed, counted from 0."""
    step = RoadModule.training_step

    def press(epoch):
        def step_or_press(module, batch, number):
            if module.current_epoch == epoch and number == 1:
                signal.raise_signal(signal.SIGINT)
            return step(module, batch, number)

        monkeypatch.setattr(RoadModule, "training_step", step_or_press)

    yield press
    monkeypatch.undo()


def test_a_recipe_gives_a_run_its_scores_and_the_next_commands(command, recipe, tmp_path):
    code, out, err = command("train", recipe)
    assert code == 0
    run = only(tmp_path / "runs")
    assert run.name.endswith("-tiny")
    assert "kitti-road, split val, 3 pictures" in out
    lines = out.splitlines()
    assert lines[-4].startswith("best validation IoU 0.")
    assert lines[-4].endswith(" in epoch 1")
    assert lines[-3] == f"run:     {run}"
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


def test_a_finished_run_with_more_epochs_goes_on(command, recipe, tmp_path):
    command("train", recipe)
    run = only(tmp_path / "runs")
    first = rows(run)
    settings = yaml.safe_load((run / "config.yaml").read_text())
    settings["trainer"]["epochs"] = 2
    (run / "config.yaml").write_text(yaml.safe_dump(settings))
    code, out, _ = command("train", "--resume", run)
    assert code == 0
    assert f"run:     {run}" in out
    assert only(tmp_path / "runs") == run
    assert [row["epoch"] for row in rows(run)] == ["0", "1"]
    assert rows(run)[:1] == first


def test_ctrl_c_ends_with_130_and_the_command_to_go_on(
    command, recipe, tmp_path, ctrl_c_in_epoch, monkeypatch
):
    ctrl_c_in_epoch(1)
    code, out, err = command("train", recipe, "trainer.epochs=3")
    run = only(tmp_path / "runs")
    assert (code, out) == (130, "")
    assert err.endswith(
        "roadfcn: interrupted\n"
        f"  go on after the last finished epoch: roadfcn train --resume {run}\n"
    )
    monkeypatch.undo()
    assert command("train", "--resume", run).code == 0
    assert [row["epoch"] for row in rows(run)] == ["0", "1", "2"]


def test_ctrl_c_in_the_first_epoch_says_that_nothing_can_be_resumed(
    command, recipe, tmp_path, ctrl_c_in_epoch
):
    ctrl_c_in_epoch(0)
    code, _, err = command("train", recipe)
    run = only(tmp_path / "runs")
    assert code == 130
    assert err.endswith(f"  no epoch was finished, so {run} cannot be resumed: start again\n")


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
        (["--resume", "gone"], "gone cannot be resumed: it has no config.yaml"),
        (["{recipe}", "trainer.epochs"], "'trainer.epochs' is no override"),
        (["{recipe}", "trainer.epochs=0"], "trainer.epochs: Input should be greater than"),
        (["{recipe}", "optimizer.frozen=[encodr]"], "optimizer.frozen names 'encodr', which fits"),
        (["{recipe}", "loss.class_weights={{road: 2}}"], "loss.class_weights lacks ['background']"),
        (
            ["{recipe}", "trainer.accelerator=nonsense"],
            "the trainer settings do not fit this machine",
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
    assert "No such option" in err


def test_setting_in_the_place_of_the_recipe_is_told(command):
    code, _, err = command("train", "data.path=/x")
    assert code == 2
    assert "'data.path=/x' is a setting where a recipe was expected" in err
    code, _, err = command("train", "--resume", "run", "trainer.epochs=80")
    assert code == 2
    assert "change the setting in run/config.yaml" in err
