"""Teachers that can be used, and those that cannot: said before anything is learned."""

import json
import shutil

import pytest

from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.model_card import read_card
from roadfcn.training.assembly import opening_frames
from roadfcn.training.assembly.teaching import check_teacher
from roadfcn.training.recipes.config_files import read_config
from roadfcn.training.run_folder import CONFIG_FILE, ENVIRONMENT_FILE
from roadfcn.training.runs.listeners import Listeners
from roadfcn.training.runs.run import train
from roadfcn.weights.shipped_models import shipped_path


def test_a_run_says_and_notes_down_who_taught_it(tiny_config):
    told = []
    config = tiny_config("distillation.teacher=slim-road", "trainer.epochs=1")
    run = train(config, listeners=Listeners(teacher=told.append)).run
    (teacher,) = told
    assert teacher["source"] == "slim-road"
    assert teacher["path"] == str(shipped_path("slim-road").resolve())
    assert 1.2e6 < teacher["parameters"] < 1.5e6
    theirs = read_card(shipped_path("slim-road"))
    assert teacher["provenance"] == theirs.origin()
    assert "recipe" not in teacher["provenance"]
    assert teacher["licence"] == theirs.licence
    card = read_card(run)
    assert card.provenance["teacher"] == teacher
    assert card.provenance["recipe"]["distillation"]["teacher"] == "slim-road"
    assert card.licence.endswith("trained on, and of their teacher.")
    assert json.loads((run / ENVIRONMENT_FILE).read_text())["teacher"] == teacher


def test_a_run_without_a_teacher_has_none_in_its_card(tiny_config):
    run = train(tiny_config("trainer.epochs=1")).run
    assert "teacher" not in read_card(run).provenance
    assert json.loads((run / ENVIRONMENT_FILE).read_text())["teacher"] is None


def test_a_run_can_teach_the_next(tiny_config):
    first = train(tiny_config("trainer.epochs=1")).run
    second = train(tiny_config("trainer.epochs=1", f"distillation.teacher={first}")).run
    assert read_card(second).provenance["teacher"]["source"] == str(first)


def test_other_classes_are_refused(tiny_config):
    with pytest.raises(ConfigError, match="slim-camvid11, which knows the classes sky, ") as caught:
        train(tiny_config("distillation.teacher=slim-camvid11"))
    assert "of the classes that are learned: " in caught.value.allowed


def test_other_classes_are_seen_before_frames_are_read(tiny_config, monkeypatch):
    monkeypatch.setattr(opening_frames, "TrainingFrames", None)
    with pytest.raises(ConfigError, match="slim-camvid11, which knows"):
        train(tiny_config("distillation.teacher=slim-camvid11"))


def test_the_card_of_a_teacher_that_can_be_used_is_given(tiny_config):
    assert check_teacher(tiny_config()) is None
    card = check_teacher(tiny_config("distillation.teacher=slim-road"))
    assert card == read_card(shipped_path("slim-road"))


def test_a_teacher_that_is_not_there_is_missed_before_frames_are_read(
    tiny_config, tmp_path, monkeypatch
):
    monkeypatch.setattr(opening_frames, "TrainingFrames", None)
    with pytest.raises(ModelFileError, match="no-such-run"):
        train(tiny_config(f"distillation.teacher={tmp_path / 'no-such-run'}"))
    assert not list((tmp_path / "runs").glob("*"))


def test_stored_features_are_refused(tiny_config):
    overrides = ("optimizer.frozen=[encoder]", "data.encoder_features=1")
    with pytest.raises(ConfigError, match="1 mistake") as caught:
        tiny_config("distillation.teacher=slim-road", *overrides)
    assert "there are no frames that it could see" in caught.value.found


def test_a_run_does_not_go_on_with_another_teacher(tiny_config, stop_at, tmp_path):
    path = tmp_path / "teacher.safetensors"
    shutil.copy(shipped_path("slim-road"), path)
    config = tiny_config(f"distillation.teacher={path}")
    run = stop_at(config, 0, 1).run
    other = train(tiny_config("trainer.epochs=1")).run
    shutil.copy(other / "model.safetensors", path)
    with pytest.raises(ConfigError, match=f"distillation\\.teacher .* those of {path}"):
        train(config, resume=run)
    path.unlink()
    with pytest.raises(ModelFileError, match=r"teacher\.safetensors"):
        train(config, resume=run)
    moved = tmp_path / "moved.safetensors"
    shutil.copy(shipped_path("slim-road"), moved)
    for wrong in (f"distillation.teacher={other}", "distillation.teacher=null"):
        with pytest.raises(ConfigError, match="those of "):
            train(tiny_config(wrong), resume=run)
        assert read_config(run / CONFIG_FILE) == config  # as it was, for who asks what it was
    config = tiny_config(f"distillation.teacher={moved}")
    assert train(config, resume=run).run == run
    assert read_config(run / CONFIG_FILE) == config
