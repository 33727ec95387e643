"""How a run of `roadfcn predict` ends that is not let go to its end, as processes really end."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import av
import pytest


@pytest.fixture
def begun(road_run, tmp_path):
    """Give a function that begins a run, and another that waits until frames are noted down."""
    processes = []
    out = tmp_path / "out"

    def begin(*words):
        command = [sys.executable, "-m", "roadfcn", "predict", *words, "--out", out]
        options = ("--model", road_run, "--engine", "torch", "--device", "cpu")
        process = subprocess.Popen(
            list(map(str, [*command, *options])),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def noted(out, process, count):
    """Wait until so many frames are noted down."""
    end = time.monotonic() + 120
    while sum(path.read_bytes().count(b'"name"') for path in out.glob("records*.jsonl")) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "no frames are noted down"
        time.sleep(0.01)


def frames_of(path):
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
def test_a_camera_that_is_ended_leaves_a_whole_video_and_tables(
    begun, motion_jpeg, make_video, grey_frames, tmp_path, number, code
):
    """Ctrl-C ends the camera alone, a request to end the program all that comes after it too."""
    later = make_video(tmp_path / "z.mp4", grey_frames(1, 2))
    table = tmp_path / "a.csv"
    process = begun(f"camera:{motion_jpeg}", later, "--csv", table)
    noted(tmp_path / "out", process, 10)
    process.send_signal(number)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == code, complaints
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row["name"] for row in csv.DictReader(file)]
    videos = {path.stem: path for path in (tmp_path / "out" / "overlays").iterdir()}
    of_later = [name for name in rows if name.startswith("z/")]
    assert len(of_later) == (0 if code else 2)
    assert (videos.pop("z", None) is None) is bool(code)
    (recorded,) = videos.values()
    assert frames_of(recorded) == len(rows) - len(of_later) >= 10


def test_a_killed_run_is_gone_on_with_by_a_share_and_then_there_is_nothing_to_do(
    begun, make_video, grey_frames, tmp_path
):
    video = make_video(tmp_path / "drive.mp4", grey_frames(*[9] * 150), rate=30)
    out = tmp_path / "out"
    process = begun(video)
    noted(out, process, 5)
    process.kill()
    process.communicate()
    assert not (out / "overlays" / "drive.mp4").exists()
    for words, frames in ((("--shard", "1/1"), 150), ((), 0)):
        process = begun(video, "--resume", *words, "--json", "-")
        told, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, complaints
        assert json.loads(told)["labelled"] == frames
    assert frames_of(out / "overlays" / "drive.mp4") == 150
    assert [path.name for path in out.rglob(".*")] == []
