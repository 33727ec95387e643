import csv
import json
import re

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roadfcn.checkpoints import load_model
from roadfcn.errors import ConfigError, DatasetError, OutputError
from roadfcn.label_sets import ROAD
from roadfcn.training.recipes.config_files import read_config
from roadfcn.training.runs.listeners import Listeners
from roadfcn.training.runs.run import train


def weights(run):
    model, _ = load_model(run)
    return model.state_dict()


@pytest.fixture(scope="module")
def finished(kitti_tree, tmp_path_factory):
    """One finished run with everything on that a small run can have."""
    from roadfcn.training.recipes.config_files import make_config

    config = make_config(
        {
            "name": "tiny",
            "runs": str(tmp_path_factory.mktemp("runs")),
            "data": {"path": str(kitti_tree), "train_split": "all", "val_split": "all"},
            "model": {"width": 0.1, "fc_channels": 8, "fc_kernel": 1, "dropout": 0.0},
            "augmentation": {"preset": "none"},
            "optimizer": {"lr": 0.02},
            "trainer": {"epochs": 15, "batch_size": 3, "accelerator": "cpu", "devices": 1},
        }
    )
    told = []
    result = train(config, listeners=Listeners(training=told.append))
    return result, config, told


def test_network_learns_what_colour_tells(finished):
    result, _, _ = finished
    assert result.best_iou > 0.8
    assert result.evaluation.confusion.iou[1] > 0.8


def test_run_folder_holds_what_was_promised(finished):
    result, config, _ = finished
    assert re.fullmatch(r"\d{8}-\d{6}-tiny", result.run.name)
    names = {path.name for path in result.run.iterdir()}
    assert names == {
        "config.yaml",
        "environment.json",
        "evaluation",
        "last.ckpt",
        "metrics.csv",
        "model.safetensors",
        "tensorboard",
    }
    assert read_config(result.run / "config.yaml") == config
    evaluation = {path.name for path in (result.run / "evaluation").iterdir()}
    assert evaluation == {"metrics.json", "per_image.csv", "per_image.npz", "report.html"}


def test_environment_names_versions_and_split_hashes(finished):
    result, _, _ = finished
    record = json.loads((result.run / "environment.json").read_text())
    assert record["packages"]["torch"] == torch.__version__
    assert re.fullmatch(r"[0-9a-f]{64}", record["data"]["train"]["split_sha256"])
    assert record["data"]["train"]["frames"] == 9


def test_table_has_a_row_for_each_epoch(finished):
    result, _, _ = finished
    rows = list(csv.DictReader((result.run / "metrics.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == [str(epoch) for epoch in range(15)]
    assert list(rows[0])[:4] == ["epoch", "step", "lr", "train/loss"]
    assert float(rows[-1]["train/loss"]) < float(rows[0]["train/loss"])
    assert max(float(row["val/iou"]) for row in rows) == pytest.approx(result.best_iou)


def test_epochs_without_validation_have_no_scores_in_the_table(tiny_config):
    run = train(tiny_config("trainer.epochs=4", "trainer.validate_every=2")).run
    rows = list(csv.DictReader((run / "metrics.csv").read_text().splitlines()))
    assert [bool(row["val/iou"]) for row in rows] == [False, True, False, True]


def test_a_run_shorter_than_from_one_validation_to_the_next_is_validated_at_its_end(tiny_config):
    result = train(tiny_config("trainer.epochs=2", "trainer.validate_every=10"))
    assert result.best_epoch == 1
    assert result.best_iou is not None


def test_saved_model_is_the_best_one_and_scores_as_in_validation(finished):
    result, _, _ = finished
    _, card = load_model(result.run)
    assert card.label_set == ROAD
    assert card.scores["validation"]["iou"] == pytest.approx(result.best_iou)
    # Frames have their own size here, so the evaluation repeats the validation's pixels; only
    # the arithmetic (bf16 or not) may differ.
    assert float(result.evaluation.confusion.iou[1]) == pytest.approx(result.best_iou, abs=0.02)


def test_progress_is_told_to_the_last_step_with_each_score(finished):
    result, _, told = finished
    assert told[-1].step == told[-1].steps == 45
    assert [report.step for report in told].count(45) == 1  # a log has one line for it
    assert told[-1].epoch == told[-1].epochs == 15
    assert told[0].iou != told[0].iou  # no score before the first validation
    rows = csv.DictReader((result.run / "metrics.csv").read_text().splitlines())
    last_told = {report.step: report.iou for report in told}
    assert all(last_told[int(row["step"])] == float(row["val/iou"]) for row in rows)


def test_same_seed_gives_the_same_weights(tiny_config):
    config = tiny_config("augmentation.preset=generalise", "augmentation.crop=[24, 32]")
    first, second = train(config), train(config)
    assert first.run != second.run
    for name, value in weights(first.run).items():
        assert torch.equal(value, weights(second.run)[name]), name


def test_runs_folder_that_is_a_file_is_refused(tiny_config, tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(OutputError, match="part of its path is a file"):
        train(tiny_config())


def test_sample_pictures_are_drawn_however_rarely_is_validated(tiny_config):
    config = tiny_config(
        "trainer.epochs=24", "trainer.validate_every=2", "trainer.sample_overlays=2"
    )
    events = EventAccumulator(str(train(config).run / "tensorboard"), {"images": 0})
    events.Reload()
    assert len(events.Tags()["images"]) == 2
    assert len(events.Images(events.Tags()["images"][0])) == 12


def test_early_stopping_stops(tiny_config):
    told = []
    config = tiny_config(
        "trainer.epochs=30", "trainer.early_stopping=1", "optimizer.lr=3e-8", "trainer.fused=false"
    )
    train(config, listeners=Listeners(training=told.append))
    assert told[-1].epoch < 30


def test_early_stopping_and_a_limit_of_steps_do_not_quarrel(tiny_config):
    result = train(tiny_config("trainer.max_steps=1", "trainer.early_stopping=2"))
    assert (result.run / "model.safetensors").is_file()


def test_accumulation_clipping_and_all_optimizers_run(tiny_config):
    for name in ("adam", "sgd"):
        config = tiny_config(
            f"optimizer.name={name}",
            "trainer.accumulate=2",
            "trainer.clip_norm=1.0",
            "trainer.epochs=1",
            "loss.class_weights=median-frequency",
            "data.cache=false",
            "data.workers=0",
        )
        assert train(config).evaluation is not None


def test_steps_can_be_limited(tiny_config):
    told = []
    train(tiny_config("trainer.max_steps=1"), listeners=Listeners(training=told.append))
    assert [report.step for report in told] == [1]


def test_device_that_is_not_there_is_refused(tiny_config):
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ConfigError, match="do not fit this machine"):
        train(tiny_config("trainer.accelerator=gpu"))


def test_data_of_another_label_set_is_folded(tmp_path, tiny_config):
    import numpy as np

    from roadfcn.image_files import write_image

    generator = np.random.default_rng(0)
    for split in ("train", "val"):
        for index in range(2):
            image = generator.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            write_image(tmp_path / "camvid" / split / f"{split}{index}.png", image)
            mask = generator.integers(0, 12, (16, 16), dtype=np.uint8)
            write_image(tmp_path / "camvid" / f"{split}annot" / f"{split}{index}.png", mask)
    config = tiny_config(
        f"data.path={tmp_path / 'camvid'}", "data.label_set=road", "trainer.epochs=1"
    )
    result = train(config)
    assert load_model(result.run)[1].label_set == ROAD
    assert result.evaluation.confusion.label_set.classes == ROAD.classes


@pytest.mark.parametrize("accelerator", ["nonsense", "tpu"])
def test_preparations_that_fail_leave_no_run_folder(tiny_config, tmp_path, accelerator):
    with pytest.raises(ConfigError, match="do not fit this machine"):
        train(tiny_config(f"trainer.accelerator={accelerator}"))
    assert list((tmp_path / "runs").iterdir()) == []


def test_evaluation_split_without_truth_is_refused_before_training(tiny_config, tmp_path):
    told = []
    with pytest.raises(DatasetError, match=r"the split 'test' of .* has no pictures"):
        train(tiny_config("data.evaluate_split=test"), listeners=Listeners(training=told.append))
    assert told == []
    assert not (tmp_path / "runs").exists()


def test_where_no_run_can_be_written_is_told_before_anything_is_read(tiny_config, tmp_path):
    (tmp_path / "file").touch()
    config = tiny_config(f"data.path={tmp_path / 'gone'}", f"runs={tmp_path / 'file' / 'runs'}")
    with pytest.raises(OutputError, match="a part of its path is a file"):
        train(config)
