"""A run that starts from weights: they are in the network, noted down, and asked for once."""

import dataclasses
import json
import shutil

import pytest
import torch
import yaml

from roadfcn.checkpoints import load_model
from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.input_format import InputFormat
from roadfcn.models.fcn import FCN
from roadfcn.training.assembly.assembly import make_module
from roadfcn.training.assembly.opening_frames import open_frames
from roadfcn.training.assembly.starting import open_weights, start
from roadfcn.training.runs.listeners import Listeners
from roadfcn.training.runs.run import train
from roadfcn.transfer.importing import save_encoder
from roadfcn.transfer.opening import open_pretrained

FROZEN = "optimizer.frozen=[encoder]"


@pytest.fixture
def trained(tiny_config):
    """A run of the same network, to start from."""
    return train(tiny_config("seed=7", "trainer.epochs=1", "model.input_format=vgg-bgr")).run


def state(run):
    return load_model(run)[0].state_dict()


def test_a_run_starts_from_another_runs_weights(tiny_config, trained):
    told = []
    run = train(
        tiny_config(f"weights={trained}", FROZEN), listeners=Listeners(weights=told.append)
    ).run
    before, after = state(trained), state(run)
    encoder = [name for name in before if name.startswith("encoder.")]
    assert all(torch.equal(before[name], after[name]) for name in encoder)
    assert not torch.equal(before["head.score_fr.weight"], after["head.score_fr.weight"])
    (started,) = told
    assert str(started).startswith(f"{trained} (a model of roadfcn)\n  ")
    assert len(started.transfer.taken) == len(before)


def test_its_input_is_what_the_weights_want(tiny_config, trained):
    run = train(tiny_config(f"weights={trained}", "trainer.epochs=1")).run
    assert load_model(run)[1].input_format.channel_order == "bgr"


def test_what_it_started_from_is_noted_down(tiny_config, trained):
    run = train(tiny_config(f"weights={trained}", "trainer.epochs=1")).run
    noted = json.loads((run / "environment.json").read_text())["weights"]
    card = load_model(run)[1]
    assert card.provenance["weights"] == noted
    assert "the weights they started from" in card.licence
    assert noted["source"] == str(trained)
    assert noted["input_format"]["channel_order"] == "bgr"
    assert len(noted["sha256"]) == 64
    assert noted["fresh"] == {}
    assert yaml.safe_load((run / "config.yaml").read_text())["weights"] == str(trained)


def test_a_run_that_starts_from_nothing_says_so(tiny_config, trained):
    assert json.loads((trained / "environment.json").read_text())["weights"] is None
    assert load_model(trained)[1].provenance["weights"] is None


def test_a_resumed_run_needs_its_weights_no_more(tiny_config, trained, tmp_path, assert_same_run):
    """They are in the checkpoint; and the run ends as one that was not interrupted."""
    splits = ("data.train_split=all", "data.val_split=all")
    constant = ("schedule.name=constant", "schedule.warmup=0", *splits)
    settings = (f"weights={tmp_path / 'start'}", *constant)
    shutil.copytree(trained, tmp_path / "start")
    whole = train(tiny_config(*settings, "trainer.epochs=2"))
    half = train(tiny_config(*settings, "trainer.epochs=1"))
    shutil.rmtree(tmp_path / "start")
    resumed = train(tiny_config(*settings, "trainer.epochs=2"), resume=half.run)
    assert_same_run(resumed.run, whole.run)


def test_another_input_format_than_the_weights_want_is_refused(tiny_config, trained):
    with pytest.raises(ConfigError, match=r"the weights .* were trained with vgg-bgr") as caught:
        train(tiny_config(f"weights={trained}", "model.input_format=imagenet-rgb"))
    assert "leave model.input_format out" in caught.value.do


def test_weights_of_another_width_are_refused_before_a_run_is_made(tiny_config, trained, tmp_path):
    runs = tmp_path / "others"
    with pytest.raises(ConfigError, match="do not fit the network's encoder") as caught:
        train(tiny_config(f"weights={trained}", "model.width=0.1", f"runs={runs}"))
    assert "model.width=0.0507812 and model.batch_norm=true" in caught.value.do
    assert not runs.exists()


def test_weights_that_are_not_there_are_told_before_frames_are_read(tiny_config, tmp_path):
    told = []
    with pytest.raises((ConfigError, ModelFileError), match="no-such-weights"):
        train(
            tiny_config(f"weights={tmp_path / 'no-such-weights'}"),
            listeners=Listeners(reading=lambda *done: told.append(done)),
        )
    assert told == []


def test_memory_of_the_weights_is_given_back(tiny_config, trained):
    config = tiny_config(f"weights={trained}")
    weights = open_weights(config)
    assert weights is not None
    module = make_module(config, open_frames(config)[0], weights.input_format)
    assert isinstance(module.model, FCN)
    start(str(trained), module.model, weights, module.label_set)
    assert weights.tensors == {}


def test_a_format_that_no_recipe_can_name_is_the_runs_too(tiny_config, trained, tmp_path):
    """Imported weights may have been turned to RGB, or come from a program of its own."""
    path = tmp_path / "odd.safetensors"
    weights = dataclasses.replace(
        open_pretrained(trained), input_format=InputFormat("rgb", 1.0, (9.0, 8.0, 7.0))
    )
    save_encoder(weights, path)
    half = train(tiny_config(f"weights={path}", "trainer.epochs=1"))
    assert load_model(half.run)[1].input_format.mean == (9.0, 8.0, 7.0)
    constant = ("schedule.name=constant", "schedule.warmup=0")
    short = train(tiny_config(f"weights={path}", "trainer.epochs=1", *constant))
    longer = tiny_config(f"weights={path}", "trainer.epochs=2", *constant)
    resumed = train(longer, resume=short.run)
    assert load_model(resumed.run)[1].input_format.mean == (9.0, 8.0, 7.0)


@pytest.mark.parametrize("text", ["2024", "1e-3", "weights #2", "true", "a: b"])
def test_a_name_of_weights_is_taken_as_it_is(tiny_config, text):
    assert tiny_config(f"weights={text}").weights == text


def test_null_is_no_name_of_weights(tiny_config):
    assert tiny_config("weights=null").weights is None
