"""Resuming: to the bit from any step, and not at all with another recipe or other data."""

import shutil
import signal

import numpy as np
import pytest
import torch
from PIL import Image

from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import ConfigError, TrainingError
from roadfcn.training.run_folder import held
from roadfcn.training.runs.listeners import Listeners
from roadfcn.training.runs.run import train

RANDOM = ("model.dropout=0.5", "augmentation.preset=generalise", "augmentation.crop=[24, 40]")
ALSO = "data.also=[{path: TREE, split: val, share: 0.5}]"


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("trainer.max_steps=9", "trainer.epochs=9"),
        ("data.cache=false", "data.workers=1"),
        ("optimizer.frozen=[encoder]", "optimizer.name=sgd"),
        ("loss.deep_supervision=0.4",),
        ("distillation.teacher=slim-road", "distillation.temperature=2"),
        ("trainer.validate_every=2", "trainer.precision=bf16-mixed"),
        # Six frames, and three of another set twice.
        ("data.train_split=train", ALSO, "trainer.batch_size=4", "data.workers=1"),
    ],
    ids=[
        "plain",
        "limited steps",
        "loader process",
        "frozen norms",
        "further scores",
        "teacher",
        "rare validation",
        "mixed",
    ],
)
def test_runs_that_stop_and_go_on_end_as_one_that_did_not(
    tiny_config, stop_at, assert_same_run, kitti_tree, overrides
):
    splits = ("data.train_split=all", "data.val_split=all", "trainer.batch_size=3")
    overrides = [text.replace("TREE", str(kitti_tree)) for text in overrides]
    config = tiny_config("trainer.epochs=3", *splits, *RANDOM, *overrides)
    whole = train(config)
    stop = stop_at(config, 0, 0)
    assert stop.place == "epoch 1, step 1 of 3"
    assert stop.signal_number == signal.SIGTERM
    for epoch, batch, place in (
        (0, 2, "epoch 1, its end"),
        (1, 1, "epoch 2, step 2 of 3"),
        (1, 2, "epoch 2, its end"),
    ):
        stop = stop_at(config, epoch, batch, stop.run)
        assert stop.place == place
    told = []
    resumed = train(config, resume=stop.run, listeners=Listeners(training=told.append))
    assert told[0].step == 2 * 3 + 1  # no step is taken twice
    assert (resumed.run, resumed.best_iou) == (stop.run, whole.best_iou)
    assert_same_run(resumed.run, whole.run)


def test_batches_whose_gradients_are_added_up_are_not_torn_apart(
    tiny_config, stop_at, assert_same_run
):
    splits = ("data.train_split=all", "data.val_split=all", "trainer.batch_size=2")
    config = tiny_config("trainer.accumulate=2", *splits, *RANDOM)
    whole = train(config)
    stop = stop_at(config, 0, 0)
    assert stop.place == "epoch 1, step 2 of 5"
    assert_same_run(train(config, resume=stop.run).run, whole.run)


def test_a_run_that_stopped_early_stays_stopped_and_trains_nothing(tiny_config):
    config = tiny_config(
        "trainer.epochs=30", "trainer.early_stopping=1", "optimizer.lr=3e-8", "trainer.fused=false"
    )
    told = []
    result = train(config, listeners=Listeners(training=told.append))
    assert not result.was_finished
    assert told[-1].epoch < 30
    table = (result.run / "metrics.csv").read_bytes()
    told.clear()
    again = train(config, resume=result.run, listeners=Listeners(training=told.append))
    assert again.was_finished
    assert told == []
    assert (again.best_iou, again.best_epoch) == (result.best_iou, result.best_epoch)
    assert (result.run / "metrics.csv").read_bytes() == table


def test_a_run_ended_by_its_number_of_steps_trains_nothing_more(tiny_config):
    config = tiny_config("trainer.max_steps=1")
    result = train(config)
    assert result.best_epoch == -1
    shutil.rmtree(result.run / "evaluation")
    again = train(config, resume=result.run)
    assert again.was_finished
    assert (result.run / "evaluation" / "metrics.json").is_file()


def test_settings_that_change_no_number_may_change(tiny_config, stop_at, kitti_tree, tmp_path):
    also = ALSO.replace("TREE", str(kitti_tree))
    stop = stop_at(tiny_config(also), 0, 0)
    shutil.copytree(kitti_tree, tmp_path / "moved")
    config = tiny_config(
        f"data.path={tmp_path / 'moved'}",
        also,
        f"data.also.0.path={tmp_path / 'moved'}",
        "data.cache=false",
        "data.workers=0",
        "trainer.devices=1",
    )
    assert train(config, resume=stop.run).run == stop.run
    assert "moved" in (stop.run / "config.yaml").read_text()


def test_a_changed_recipe_is_refused_with_each_difference(tiny_config, stop_at):
    stop = stop_at(tiny_config(), 0, 0)
    before = (stop.run / "last.ckpt").read_bytes()
    config = tiny_config("optimizer.lr=0.02", "seed=1", "trainer.epochs=5", "data.workers=0")
    with pytest.raises(ConfigError) as caught:
        train(config, resume=stop.run)
    assert caught.value.found == (
        f"the recipe of {stop.run} has changed since it was started:\n"
        "    - seed was 0, is 1\n"
        "    - optimizer.lr was 0.01, is 0.02\n"
        "    - trainer.epochs was 2, is 5"
    )
    assert "data.workers" in caught.value.allowed
    assert "any other schedule is drawn over all steps of the run" in caught.value.allowed
    assert (stop.run / "last.ckpt").read_bytes() == before


def test_longer_is_allowed_where_no_rate_depends_on_the_length(tiny_config):
    constant = ("schedule.name=constant", "schedule.warmup=0", *RANDOM)
    longer = tiny_config("trainer.epochs=3", *constant)
    whole = train(longer)
    short = train(tiny_config("trainer.epochs=1", *constant))
    resumed = train(longer, resume=short.run)
    found, wanted = (
        torch.load(run / "last.ckpt", weights_only=True)["state_dict"]
        for run in (resumed.run, whole.run)
    )
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_changed_data_are_refused_with_the_frames(kitti_tree, tiny_config, stop_at, tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(kitti_tree, tree)
    config = tiny_config(f"data.path={tree}", "data.val_split=all", "data.train_split=all")
    training = tree / "training"
    picture = training / "image_2" / "uu_000002.png"
    Image.open(picture).save(picture, compress_level=0)
    stop = stop_at(config, 0, 0)
    for folder, name in (("image_2", "um_000000"), ("gt_image_2", "um_road_000000")):
        path = training / folder / f"{name}.png"
        path.rename(path.with_stem(name[:-1] + "9"))
    masks = training / "gt_image_2"
    shutil.copy(masks / "umm_road_000000.png", masks / "uu_road_000001.png")
    length = picture.stat().st_size
    Image.fromarray(255 - np.asarray(Image.open(picture))).save(picture, compress_level=0)
    assert picture.stat().st_size == length
    with pytest.raises(ConfigError) as caught:
        train(config, resume=stop.run)
    lines = caught.value.found.splitlines()
    assert lines[0] == f"the data of {stop.run} have changed since it was started:"
    assert lines[1:4] == [
        "    - train: 2 changed: uu_000001, uu_000002",
        "    - train: 1 new: um_000009",
        "    - train: 1 gone: um_000000",
    ]


def test_a_further_set_that_changed_is_refused(kitti_tree, tiny_config, stop_at, tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(kitti_tree, tree)
    also = ALSO.replace("TREE", str(tree))
    stop = stop_at(tiny_config(also), 0, 0)
    with pytest.raises(ConfigError, match=r"    - data\.also\.0\.share was 0\.5, is 0\.4"):
        train(tiny_config(also, "data.also.0.share=0.4"), resume=stop.run)
    with pytest.raises(ConfigError, match=r"    - data\.also\.0\.target was 'road', is None"):
        train(tiny_config(), resume=stop.run)
    name = open_dataset(tree, "val").frames[0].name
    picture = tree / "training" / "image_2" / f"{name}.png"
    Image.fromarray(255 - np.asarray(Image.open(picture))).save(picture)
    with pytest.raises(ConfigError, match=f"    - also 0: 1 changed: {name}"):
        train(tiny_config(also), resume=stop.run)


def test_another_number_of_processes_is_refused(tiny_config, stop_at):
    stop = stop_at(tiny_config(), 0, 0)
    recipe = (stop.run / "config.yaml").read_bytes()
    with pytest.raises(ConfigError, match="was trained by 1 processes and would go on with 2"):
        train(tiny_config("trainer.devices=2", "trainer.strategy=ddp"), resume=stop.run)
    assert (stop.run / "config.yaml").read_bytes() == recipe  # so the next try finds the first one


def test_a_refusal_before_the_first_checkpoint_leaves_the_recipe_as_it_was(tiny_config, stop_at):
    stop = stop_at(tiny_config(), 0, 0)
    (stop.run / "last.ckpt").unlink()
    (stop.run / "model.safetensors").unlink(missing_ok=True)
    recipe = (stop.run / "config.yaml").read_bytes()
    with pytest.raises(ConfigError, match="do not fit this machine"):
        train(tiny_config("trainer.accelerator=no-such"), resume=stop.run)
    assert (stop.run / "config.yaml").read_bytes() == recipe
    train(tiny_config("trainer.epochs=1"), resume=stop.run)
    assert b"epochs: 1\n" in (stop.run / "config.yaml").read_bytes()


def test_a_run_without_its_recipe_or_with_results_but_no_checkpoint_is_refused(
    tiny_config, tmp_path
):
    with pytest.raises(ConfigError, match=r"cannot be resumed: it has no config.yaml"):
        train(tiny_config(), resume=tmp_path)
    run = train(tiny_config()).run
    with pytest.raises(ConfigError, match=f"give one of the 1 runs in it; the newest is {run}"):
        train(tiny_config(), resume=run.parent)
    (run / "last.ckpt").unlink()
    with pytest.raises(ConfigError, match=r"it has no last.ckpt, but results that would be lost"):
        train(tiny_config(), resume=run)
    assert (run / "model.safetensors").is_file()


def test_a_run_whose_best_model_is_gone_is_refused(tiny_config, stop_at):
    stop = stop_at(tiny_config(), 1, 0)
    (stop.run / "model.safetensors").unlink()
    with pytest.raises(TrainingError, match=r"the best model so far \(epoch 1\), is gone"):
        train(tiny_config(), resume=stop.run)


def test_a_checkpoint_of_another_program_is_refused(tiny_config, stop_at):
    stop = stop_at(tiny_config(), 0, 0)
    torch.save({"epoch": 1, "state_dict": {}}, stop.run / "last.ckpt")
    with pytest.raises(TrainingError, match=r"last.ckpt was not written by this version"):
        train(tiny_config(), resume=stop.run)


def test_a_run_that_is_going_on_is_refused_before_anything_of_it_is_read(tiny_config, stop_at):
    stop = stop_at(tiny_config(), 0, 0)
    (stop.run / "last.ckpt").write_bytes(b"what the other process changes")
    with held(stop.run), pytest.raises(ConfigError, match="another process is training in"):
        train(tiny_config(), resume=stop.run)
