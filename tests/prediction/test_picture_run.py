import contextlib
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import ImageFileError, OutputError
from roadfcn.prediction import picture_run
from roadfcn.prediction.outputs import Outputs
from roadfcn.prediction.picture_run import PictureRun
from roadfcn.prediction.predictor import Predictor
from roadfcn.prediction.source import Picture


def pictures_in(folder, *reds):
    """Save pictures of these reds, and give them as sources."""
    folder.mkdir(exist_ok=True)
    sources = []
    for number, red in enumerate(reds):
        path = folder / f"{number:02d}.png"
        Image.new("RGB", (6, 4), (red, 0, 0)).save(path)
        sources.append(Picture(path, Path(path.stem)))
    return sources


def test_outcomes_come_in_order_with_what_is_in_the_pictures(tmp_path, red_road):
    reds = [255, 0, 255, 255, 0, 0, 0, 255, 0, 255]
    sources = pictures_in(tmp_path / "in", *reds)
    run = PictureRun(Predictor(red_road), tmp_path / "out", Outputs())
    found = list(run.outcomes(sources))
    assert [source for source, _ in found] == sources
    assert [record.share for _, record in found] == [red / 255 for red in reds]
    for source, red in zip(sources, reds, strict=True):
        labels = np.array(Image.open(tmp_path / "out" / "labels" / source.path.name))
        assert (labels == red // 255).all()


def test_what_cannot_be_read_has_its_reason_in_its_place(tmp_path, red_road):
    sources = pictures_in(tmp_path / "in", 255, 0, 255)
    sources[1].path.write_bytes(b"no picture")
    run = PictureRun(Predictor(red_road), tmp_path / "out", Outputs(), max_pixels=23)
    outcomes = [outcome for _, outcome in run.outcomes(sources)]
    assert all(isinstance(outcome, ImageFileError) for outcome in outcomes)
    assert "is too large: 4 x 6 pixels" in outcomes[0].found
    assert "cannot be read as a picture" in outcomes[1].found
    assert not (tmp_path / "out").exists()


def test_pictures_are_read_while_others_are_labelled_and_written(tmp_path, red_road):
    """The model waits for the third picture to be read: alone it would wait for ever."""
    sources = pictures_in(tmp_path / "in", 255, 255, 255)
    third_is_read = threading.Event()

    class Watched(Picture):
        def read(self, max_pixels=0):
            if self.path.stem == "02":
                third_is_read.set()
            return super().read()

    formula = red_road.formula

    def wait(picture):
        assert third_is_read.wait(5)
        return formula(picture)

    red_road.formula = wait
    watched = [Watched(source.path, source.stem) for source in sources]
    run = PictureRun(Predictor(red_road), tmp_path / "out", Outputs())
    assert len(list(run.outcomes(watched))) == 3


@pytest.mark.parametrize(("usable", "expected"), [(1, 2), (5, 5), (64, 8)])
def test_as_many_pictures_are_written_at_once_as_the_machine_has_threads(
    tmp_path, red_road, monkeypatch, usable, expected
):
    """Each waits for the others: with fewer threads nobody would come."""
    monkeypatch.setattr(picture_run, "usable_threads", lambda: usable)
    all_here = threading.Barrier(expected, timeout=20)

    class Waiting(Outputs):
        def write(self, out, stem, image, answer):
            all_here.wait()
            super().write(out, stem, image, answer)

    sources = pictures_in(tmp_path / "in", *[255] * (2 * expected))
    run = PictureRun(Predictor(red_road), tmp_path / "out", Waiting())
    assert [source for source, _ in run.outcomes(sources)] == sources


def test_of_large_pictures_one_is_in_memory_at_a_time(tmp_path, red_road, monkeypatch):
    monkeypatch.setattr(picture_run, "_PIXELS_UNDER_WAY", 30)  # more than one has, less than two
    open_now, most = set(), []

    class Watched(Picture):
        def read(self, max_pixels=0):
            open_now.add(self.path)
            most.append(len(open_now))
            return super().read()

    class Freeing(Outputs):
        def write(self, out, stem, image, answer):
            super().write(out, stem, image, answer)
            open_now.discard(tmp_path / "in" / f"{stem}.png")

    sources = pictures_in(tmp_path / "in", *[255] * 8)
    watched = [Watched(source.path, source.stem) for source in sources]
    run = PictureRun(Predictor(red_road), tmp_path / "out", Freeing())
    assert len(list(run.outcomes(watched))) == 8
    assert most == [1] * 8


def test_a_result_that_cannot_be_written_stops_the_run(tmp_path, red_road):
    (tmp_path / "out").write_text("a file")
    run = PictureRun(Predictor(red_road), tmp_path / "out", Outputs())
    threads = threading.active_count()
    with pytest.raises(OutputError, match="a part of its path is a file"):
        list(run.outcomes(pictures_in(tmp_path / "in", 255, 0, 255)))
    assert threading.active_count() == threads


def test_ctrl_c_leaves_whole_files_and_no_thread(tmp_path, red_road):
    sources = pictures_in(tmp_path / "in", *[255] * 12)
    outcomes = PictureRun(Predictor(red_road), tmp_path / "out", Outputs()).outcomes(sources)
    threads = threading.active_count()

    def work():
        with contextlib.closing(outcomes):
            for number, _ in enumerate(outcomes):
                if number == 2:
                    signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert threading.active_count() == threads
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert 6 <= len(files) < 24
    for path in files:
        assert Image.open(path).load() is not None
