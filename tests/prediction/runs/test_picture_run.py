import contextlib
import signal
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import CalibrationError, DownloadError, ImageFileError, OutputError
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.results.birds_eye_inset import BirdsEyeInset
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.runs import picture_run
from roadfcn.prediction.runs.picture_run import PictureRun
from roadfcn.prediction.sources import remote_pictures
from roadfcn.prediction.sources.fetched_picture import FetchedPicture
from roadfcn.prediction.sources.source import Picture, RemotePicture, ZippedPicture
from roadfcn.prediction.sources.zip_pictures import ZipPictures


def pictures_in(folder, *reds, size=(6, 4)):
    """Save pictures of these reds, and give them as sources."""
    folder.mkdir(exist_ok=True)
    sources = []
    for number, red in enumerate(reds):
        path = folder / f"{number:02d}.png"
        Image.new("RGB", size, (red, 0, 0)).save(path)
        sources.append(Picture(path, Path(path.stem)))
    return sources


def in_archive(path, sources):
    """Give the same pictures as sources in an archive."""
    with zipfile.ZipFile(path, "w") as archive:
        for source in sources:
            archive.write(source.path, source.path.name)
    packed = ZipPictures(path)
    return [ZippedPicture(packed, source.path.name, source.stem) for source in sources]


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


def test_pictures_are_read_while_others_are_labelled_and_written(tmp_path, red_road, monkeypatch):
    """The model waits for the third picture to be read: alone it would wait for ever."""
    sources = pictures_in(tmp_path / "in", 255, 255, 255)
    third_is_read = threading.Event()

    class Watched(FetchedPicture):
        def read(self, max_pixels=0):
            if self.content.stem == "02":
                third_is_read.set()
            return super().read()

    formula = red_road.formula

    def wait(picture):
        assert third_is_read.wait(5)
        return formula(picture)

    red_road.formula = wait
    monkeypatch.setattr(Picture, "fetch", lambda picture: Watched(picture.path, ""))
    run = PictureRun(Predictor(red_road), tmp_path / "out", Outputs())
    assert len(list(run.outcomes(sources))) == 3


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


@pytest.mark.parametrize("packed", [False, True])
def test_of_large_pictures_one_is_in_memory_at_a_time(tmp_path, red_road, monkeypatch, packed):
    """In an archive, where a file of a hundred bytes may be of any number of pixels, too."""
    monkeypatch.setattr(picture_run, "_PIXELS_UNDER_WAY", 3000)  # more than one has, less than two
    open_now, most = [], []

    class Freeing(Outputs):
        def write(self, out, stem, image, answer):
            super().write(out, stem, image, answer)
            open_now.pop()

    def read(self, max_pixels):
        open_now.append(self)
        most.append(len(open_now))
        return whole(self, max_pixels)

    whole = FetchedPicture.read
    monkeypatch.setattr(FetchedPicture, "read", read)
    sources = pictures_in(tmp_path / "in", *[255] * 8, size=(60, 40))
    if packed:
        sources = in_archive(tmp_path / "a.zip", sources)
    run = PictureRun(Predictor(red_road), tmp_path / "out", Freeing())
    assert len(list(run.outcomes(sources))) == 8
    assert most == [1] * 8


def test_files_out_of_archives_wait_for_room_too(tmp_path, red_road, monkeypatch):
    sources = in_archive(tmp_path / "a.zip", pictures_in(tmp_path / "in", *[255] * 8))
    monkeypatch.setattr(picture_run, "_BYTES_UNDER_WAY", int(1.5 * sources[0].fetch_bytes))
    held, most = [], []

    def fetch(self):
        held.append(self)
        most.append(len(held))
        return whole_fetch(self)

    def read(self, max_pixels):
        held.pop()
        return whole_read(self, max_pixels)

    whole_fetch, whole_read = ZippedPicture.fetch, FetchedPicture.read
    monkeypatch.setattr(ZippedPicture, "fetch", fetch)
    monkeypatch.setattr(FetchedPicture, "read", read)
    run = PictureRun(Predictor(red_road), tmp_path / "out", Outputs())
    assert len(list(run.outcomes(sources))) == 8
    assert most == [1] * 8


def test_a_picture_that_a_calibration_does_not_fit_is_told_and_the_others_are_written(
    tmp_path, red_road
):
    class Narrow(BirdsEyeInset):
        def __init__(self):
            pass

        def check(self, size):
            if size != (4, 6):
                raise CalibrationError("calib.txt does not fit", allowed="y", do="z")

        def draw(self, overlay, seen=None):
            pass

    sources = pictures_in(tmp_path / "in", 255, 255, 255)
    Image.new("RGB", (3, 2)).save(sources[1].path)
    run = PictureRun(Predictor(red_road), tmp_path / "out", Outputs(inset=Narrow()))
    first, second, third = [outcome for _, outcome in run.outcomes(sources)]
    assert (first.share, third.share) == (1, 1)
    assert isinstance(second, CalibrationError)
    assert second.found == f"{sources[1].path}: calib.txt does not fit"
    names = [path.name for path in (tmp_path / "out" / "labels").iterdir()]
    assert sorted(names) == ["00.png", "02.png"]


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


def test_downloads_are_not_waited_for_when_nothing_more_is_wanted(tmp_path, red_road, monkeypatch):
    begun, ended = threading.Event(), []

    def fetch(_address, *, stopped):
        begun.set()
        ended.append(stopped.wait(30))
        raise DownloadError("it was stopped", allowed="-", do="-")

    monkeypatch.setattr(remote_pictures, "fetch_picture", fetch)
    local = pictures_in(tmp_path / "in", 255)
    sources = [*local, *(RemotePicture(f"http://x/{n}", Path(f"{n}")) for n in range(3))]
    outcomes = PictureRun(Predictor(red_road), tmp_path / "out", Outputs()).outcomes(sources)

    def interrupt():
        begun.wait(10)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), contextlib.closing(outcomes):
        list(outcomes)
    # Where the signal comes while a pool notes down a thread that it has just started, it does not
    # know it, and does not wait for it.
    while not ended and time.monotonic() - began < 20:
        time.sleep(0.01)
    assert time.monotonic() - began < 20
    thread.join()
    assert set(ended) == {True}
