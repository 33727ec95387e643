"""Runs whose encoder is gone through once: as good as those that go through it in every epoch."""

import csv
import shutil
import signal

import pytest

from roadfcn.checkpoints import load_model
from roadfcn.errors import ConfigError, OutputError
from roadfcn.training.processes.interruption import TrainingInterrupted
from roadfcn.training.runs.listeners import Listeners
from roadfcn.training.runs.run import train

FROZEN = ("optimizer.frozen=[encoder]", "optimizer.name=sgd", "optimizer.lr=0.05")
CHANGED = ("augmentation.preset=generalise", "augmentation.crop=[24, 40]")
ALSO = "data.also=[{path: TREE, split: val, share: 0.3334}]"  # its three frames in every epoch


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ROADFCN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "features"


class Heard:
    """What a run told of its encoder."""

    def __init__(self):
        self.stores, self.counts = [], []
        self.listeners = Listeners(
            features=lambda features: self.stores.append(str(features)),
            encoding=lambda done, total: self.counts.append((done, total)),
        )


def table(run):
    rows = csv.DictReader((run / "metrics.csv").read_text().splitlines())
    return [{name: float(value) for name, value in row.items()} for row in rows]


def head(run):
    model, _ = load_model(run)
    return {name: tensor for name, tensor in model.state_dict().items() if "head" in name}


@pytest.mark.parametrize(
    ("overrides", "tolerance"),
    [
        (CHANGED, 1e-4),
        ((*CHANGED, ALSO), 1e-4),
        (("trainer.batch_size=1", "data.workers=1", "model.head=32s", *CHANGED[:1]), 1e-4),
        (("model.decoder_channels=4", "model.head=4s", *CHANGED), 1e-4),
        (("model.fc_kernel=3", "model.fc_dilation=2", *CHANGED), 1e-4),
        (("trainer.precision=64-true", *CHANGED), 1e-9),
        (("trainer.precision=bf16-mixed", *CHANGED), 2e-2),
    ],
    ids=["changed", "mixed", "one by one", "joined features", "spread fc6", "64 bits", "bf16"],
)
def test_as_many_views_as_epochs_teach_what_frames_teach(
    tiny_config, kitti_tree, overrides, tolerance
):
    overrides = [text.replace("TREE", str(kitti_tree)) for text in overrides]
    plain = train(tiny_config(*FROZEN, *overrides, "trainer.epochs=2"))
    stored = train(tiny_config(*FROZEN, *overrides, "trainer.epochs=2", "data.encoder_features=2"))
    for found, wanted in zip(table(stored.run), table(plain.run), strict=True):
        assert found == pytest.approx(wanted, rel=tolerance, abs=tolerance)
    found, wanted = head(stored.run), head(plain.run)
    assert all(found[name].allclose(wanted[name], rtol=0, atol=tolerance) for name in wanted)
    scores = [run.evaluation.to_scores()["pixel_accuracy"] for run in (stored, plain)]
    assert scores[0] == pytest.approx(scores[1], abs=0.01)


def test_one_view_is_learned_from_in_every_epoch(tiny_config):
    settings = (*FROZEN, "data.train_split=all", "trainer.batch_size=9", "optimizer.lr=1e-7")
    losses = [
        row["train/loss"]
        for row in table(train(tiny_config(*settings, "data.encoder_features=1")).run)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)


def test_a_second_run_computes_nothing(tiny_config, cache):
    config = tiny_config(*FROZEN, *CHANGED, "data.encoder_features=2")
    first, second = Heard(), Heard()
    run = train(config, listeners=first.listeners)
    assert first.counts[-1] == (15, 15)  # two views of six frames, and three to validate on
    (told,) = first.stores
    assert f"in {cache} (2 views of 6 frames to learn from, 1 of 3 to validate on)" in told
    assert told.endswith("MB of it to compute")
    again = train(config, listeners=second.listeners)
    assert second.counts == []
    assert second.stores[0].endswith("all of it there")
    assert table(again.run) == table(run.run)


@pytest.mark.parametrize(
    ("change", "computed"),
    [
        ("seed=1", 15),  # another encoder
        ("augmentation.flip=0.1", 12),
        ("data.val_split=train", 6),
        ("trainer.precision=bf16-mixed", 15),
        ("optimizer.lr=0.01", 0),
    ],
)
def test_what_decides_about_features_makes_them_anew_and_nothing_else(
    tiny_config, change, computed
):
    config = [*FROZEN, *CHANGED, "data.encoder_features=2", "trainer.epochs=1"]
    train(tiny_config(*config))
    heard = Heard()
    train(tiny_config(*config, change), listeners=heard.listeners)
    assert len(heard.counts) == 0 if not computed else heard.counts[-1] == (computed, computed)


def test_features_of_an_fc6_that_is_spread_otherwise_are_others(tiny_config):
    config = [*FROZEN, *CHANGED, "model.fc_kernel=3", "data.encoder_features=1", "trainer.epochs=1"]
    train(tiny_config(*config))
    heard = Heard()
    train(tiny_config(*config, "model.fc_dilation=2"), listeners=heard.listeners)
    assert heard.counts  # the encoder's weights are the same, by the same seed


def test_other_pictures_under_the_same_names_are_others(tiny_config, kitti_tree, tmp_path):
    shutil.copytree(kitti_tree, tmp_path / "tree")
    images = tmp_path / "tree" / "training" / "image_2"
    config = tiny_config(
        *FROZEN,
        f"data.path={tmp_path / 'tree'}",
        "data.encoder_features=1",
        "augmentation.preset=none",
    )
    train(config)
    for category in ("um", "umm", "uu"):
        shutil.copy(images / f"{category}_000000.png", images / f"{category}_000001.png")
    heard = Heard()
    train(config, listeners=heard.listeners)
    assert heard.counts


def test_an_interrupted_computation_leaves_nothing(tiny_config, cache, tmp_path):
    config = tiny_config(*FROZEN, *CHANGED, "data.encoder_features=2", "trainer.batch_size=2")

    def stop(done, total):
        del total
        if done == 4:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(TrainingInterrupted) as caught:
        train(config, listeners=Listeners(encoding=stop))
    assert caught.value.run is None
    assert [path for path in cache.iterdir() if path.suffix != ".lock"] == []
    assert list((tmp_path / "runs").iterdir()) == []
    train(config)
    assert len([path for path in cache.iterdir() if path.is_dir()]) == 2


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "removed"])
def test_runs_that_stop_and_go_on_end_as_one_that_did_not(
    tiny_config, stop_at, assert_same_run, cache, kept
):
    config = tiny_config(
        *FROZEN, *CHANGED, "trainer.epochs=3", "data.encoder_features=2", "trainer.batch_size=2"
    )
    whole = train(config)
    stop = stop_at(config, 1, 1)
    assert stop.place == "epoch 2, step 2 of 3"
    if not kept:
        shutil.rmtree(cache)
    heard = Heard()
    resumed = train(config, resume=stop.run, listeners=heard.listeners)
    assert len(heard.counts) == (0 if kept else 6 + 3)
    assert_same_run(resumed.run, whole.run)


def test_an_encoder_that_learns_is_refused(tiny_config):
    with pytest.raises(ConfigError, match="1 mistake") as caught:
        tiny_config("data.encoder_features=4", "optimizer.frozen=[encoder.conv1_1]")
    assert caught.value.found.endswith(
        "data.encoder_features is 4, but the encoder learns; allowed: 0, or "
        "optimizer.frozen=[encoder] beside it"
    )


def test_views_that_would_all_be_the_same_are_refused(tiny_config):
    with pytest.raises(ConfigError, match="all views of one would be the same") as caught:
        train(tiny_config(*FROZEN, "data.encoder_features=4"))
    assert "set data.encoder_features=1" in caught.value.do


def test_frames_of_several_sizes_are_refused_in_one_batch(tiny_config, kitti_tree, tmp_path):
    from roadfcn.image_files import read_image, write_image

    shutil.copytree(kitti_tree, tmp_path / "tree")
    for path in (tmp_path / "tree" / "training").glob("*/uu_*0.png"):
        write_image(path, read_image(path)[:-4])
    settings = (*FROZEN, f"data.path={tmp_path / 'tree'}", "data.train_split=all")
    with pytest.raises(
        ConfigError, match=r"2 sizes \(28 x 64, 32 x 64; height x width\)"
    ) as caught:
        train(tiny_config(*settings, "data.encoder_features=1"))
    assert "set augmentation.crop or data.size" in caught.value.do
    assert not list((tmp_path / "runs").iterdir())
    train(tiny_config(*settings, "data.encoder_features=1", "trainer.batch_size=1"))


def test_a_disk_without_room_is_told_before_anything_is_computed(
    tiny_config, monkeypatch, cache, tmp_path
):
    monkeypatch.setattr(
        "roadfcn.training.frames.feature_store.free_disk_bytes", lambda folder: 2 * 10**6
    )
    heard = Heard()
    with pytest.raises(OutputError) as caught:
        train(tiny_config(*FROZEN, "data.encoder_features=1"), listeners=heard.listeners)
    assert "MB, and 2.0 MB are free in" in caught.value.found
    assert "roadfcn cache clear features" in caught.value.do
    assert heard.counts == []
    assert not cache.exists()
    assert not list((tmp_path / "runs").iterdir())
