"""TensorBoard files: what is written can be read back, and a full disk is told once."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roadfcn.errors import OutputError
from roadfcn.training.reporting.curves import Curves, quiet_writer_thread


def events(folder):
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    return accumulator


def test_curves_and_pictures_are_read_back(tmp_path):
    curves = Curves(tmp_path / "tensorboard")
    curves.log_metrics({"val/iou": 0.25, "val/loss": 2}, 7)
    curves.log_picture("sample", np.zeros((4, 6, 3), np.uint8), 7)
    curves.finalize("success")
    read = events(tmp_path / "tensorboard")
    assert [(point.step, point.value) for point in read.Scalars("val/iou")] == [(7, 0.25)]
    assert read.Scalars("val/loss")[0].value == 2
    picture = read.Images("sample")[0]
    assert (picture.height, picture.width) == (4, 6)


def fill_until_refused(curves):
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    for step in range(100):
        curves.log_picture("noise", noise, step)
        curves.save()


def test_a_full_disk_is_told_without_the_threads_traceback(mount_tmpfs, capfd):
    curves = Curves(mount_tmpfs("size=256k") / "tensorboard")
    with quiet_writer_thread():
        with pytest.raises(OutputError, match=r"the disk is full: .*tensorboard"):
            fill_until_refused(curves)
        with pytest.raises(OutputError, match="the disk is full"):
            curves.log_metrics({"loss": 1.0}, 0)
        with pytest.raises(OutputError, match="the disk is full"):
            curves.finalize("success")
        curves.finalize("failed")  # another failure is being told
    assert capfd.readouterr().err == ""


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(OutputError, match="a part of its path is a file"):
        Curves(tmp_path / "run" / "tensorboard").log_metrics({"loss": 1.0}, 0)


def test_other_threads_are_still_heard(monkeypatch):
    heard = []
    monkeypatch.setattr(threading, "excepthook", heard.append)
    with quiet_writer_thread():
        thread = threading.Thread(target=lambda: [][0])
        thread.start()
        thread.join()
    assert [arguments.exc_type for arguments in heard] == [IndexError]
    assert threading.excepthook == heard.append


def test_a_training_does_not_load_tensorflow_where_it_is_installed(tiny_config, tmp_path):
    """TensorBoard takes TensorFlow where it finds it; here it would find one that says so."""
    packages = tmp_path / "packages"
    (packages / "tensorflow").mkdir(parents=True)
    (packages / "tensorflow" / "__init__.py").write_text("print('TensorFlow was loaded')")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(tiny_config("trainer.epochs=1").model_dump_json())
    done = subprocess.run(
        [sys.executable, "-m", "roadfcn", "train", str(recipe)],
        env=os.environ | {"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "TensorFlow was loaded" not in done.stdout + done.stderr
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "runs").rglob("events.out.tfevents.*"))
