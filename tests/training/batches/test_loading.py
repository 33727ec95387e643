import os
import signal
from pathlib import Path

import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import ImageFileError, TrainingError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD
from roadfcn.training.batches.loading import FrameLoader, explaining_dead_loaders
from roadfcn.training.frames.frames import TrainingFrames


@pytest.fixture
def frames(kitti_tree):
    return TrainingFrames(open_dataset(kitti_tree, "all"), ROAD, InputFormat())


class Broken(TrainingFrames):
    """Frames of which one cannot be read."""

    def __getitem__(self, index):
        if index == 3:
            raise ImageFileError("three is broken", allowed="a whole file", do="copy it again")
        return super().__getitem__(index)


class Deadly(TrainingFrames):
    """Frames of which one kills who reads it."""

    def __getitem__(self, index):
        if index == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


RUN = Path("my runs/one")
BATCHES = [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize("workers", [0, 1])
def test_frame_that_cannot_be_read_is_told_in_its_own_words(frames, workers):
    broken = Broken(frames.dataset, ROAD, InputFormat())
    with pytest.raises(ImageFileError) as got:
        list(FrameLoader(broken, BATCHES, workers=workers))
    assert str(got.value) == ("three is broken\n  allowed: a whole file\n  do this: copy it again")


def test_killed_loader_process_is_told_in_plain_words(frames):
    deadly = Deadly(frames.dataset, ROAD, InputFormat())
    with pytest.raises(TrainingError) as got, explaining_dead_loaders(lambda: RUN):
        list(FrameLoader(deadly, BATCHES, workers=1))
    text = str(got.value)
    assert "a process that reads frames (pid" in text
    assert "was killed by the signal 'Killed'" in text
    assert "run out of memory" in text
    assert "roadfcn train --resume 'my runs/one' data.workers=0" in text


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (
            "DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that ...",
            "a process that reads frames (pid 7) was killed by the signal 'Bus error': shared "
            "memory (/dev/shm) has run out",
        ),
        (
            "DataLoader worker (pid 7) is killed by signal: Segmentation fault. ",
            "a process that reads frames (pid 7) was killed by the signal 'Segmentation fault'",
        ),
        (
            "DataLoader worker (pid(s) 7, 8) exited unexpectedly",
            "a process that reads frames (pid 7, 8) has ended without a word",
        ),
    ],
)
def test_other_deaths_of_loader_processes(message, found):
    with pytest.raises(TrainingError) as got, explaining_dead_loaders(lambda: RUN):
        raise RuntimeError(message)
    assert got.value.found == found


def test_a_death_before_anything_was_saved_sends_to_the_start():
    with pytest.raises(TrainingError) as got, explaining_dead_loaders(lambda: None):
        raise RuntimeError("DataLoader worker (pid(s) 7, 8) exited unexpectedly")
    assert got.value.do == "start again with fewer such processes: data.workers=0"


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match=r"^out of luck$"), explaining_dead_loaders(lambda: RUN):
        raise RuntimeError("out of luck")
