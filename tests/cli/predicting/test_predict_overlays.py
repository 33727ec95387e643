"""`roadfcn predict --overlays`, and the legend beside them."""

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import ConfigError
from roadfcn.prediction.python.segmenter import Segmenter
from roadfcn.prediction.video.frames import VideoFrames


def written(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("overlays", "files"),
    [
        ("jpeg", ["labels/a.png", "overlay-legend.png", "overlays/a.jpg", "records.jsonl"]),
        ("none", ["labels/a.png", "records.jsonl"]),
    ],
)
def test_overlays_are_written_as_wanted_and_a_resumed_call_finds_them(
    command, camvid_run, pictures, tmp_path, overlays, files
):
    words = ("predict", pictures / "a.png", "--model", camvid_run, "--overlays", overlays)
    code, out, _ = command(*words, "--out", tmp_path / "out")
    assert code == 0
    assert written(tmp_path / "out") == files
    assert ("overlays  " in out) == (overlays == "jpeg")
    assert (f"legend    {tmp_path / 'out' / 'overlay-legend.png'}" in out) == (overlays == "jpeg")
    again = command(*words, "--out", tmp_path / "out", "--resume")
    assert "1 was written by an earlier call, and stays" in again.out


def test_outlines_are_drawn_where_labels_change(command, camvid_run, noise, tmp_path):
    Image.fromarray(noise).save(tmp_path / "a.png")
    words = ("predict", tmp_path / "a.png", "--model", camvid_run, "--opacity", "0", "--out")
    assert command(*words, tmp_path / "plain").code == 0
    assert command(*words, tmp_path / "lined", "--outlines").code == 0
    labels = np.array(Image.open(tmp_path / "lined" / "labels" / "a.png"))
    around = np.pad(labels, ((1, 0), (1, 0)), mode="edge")
    line = (labels != around[:-1, 1:]) | (labels != around[1:, :-1]) | (labels != around[:-1, :-1])
    assert line.any()
    lined = np.array(Image.open(tmp_path / "lined" / "overlays" / "a.png"))
    assert (lined[line] == 255).all()
    assert (np.array(Image.open(tmp_path / "plain" / "overlays" / "a.png")) == noise).all()


def test_outlines_are_drawn_into_videos_too(command, camvid_run, make_video, noise, tmp_path):
    frame = noise[:4, :6].repeat(16, axis=0).repeat(16, axis=1)
    video = make_video(tmp_path / "v.mp4", [frame] * 3)
    words = ("predict", video, "--model", camvid_run, "--opacity", "0", "--outlines")
    assert command(*words, "--out", tmp_path / "out").code == 0
    segmenter = Segmenter.load(camvid_run)
    with VideoFrames(tmp_path / "out" / "overlays" / "v.mp4") as frames:
        for drawn, found in zip(frames, segmenter.video(video), strict=True):
            lined = found.overlay(0, outlines=True).image
            # H.264 blurs both; where there are lines, what was written is nearer to them.
            lines = (lined != found.image).any(axis=2)
            away = [
                np.abs(drawn.image[lines].astype(int) - other[lines]).mean()
                for other in (lined, found.image)
            ]
            assert lines.any()
            assert away[0] < away[1] / 2


def test_a_run_with_outlines_is_not_gone_on_with_without(command, camvid_run, pictures, tmp_path):
    words = ("predict", pictures, "--model", camvid_run, "--out", tmp_path / "out")
    assert command(*words, "--outlines").code == 0
    told = command(*words, "--resume")
    assert told.code == 2
    assert "begun with other settings: outlines was True, now None" in told.err


def test_where_only_the_road_has_a_colour_there_is_no_legend(command, road_run, pictures, tmp_path):
    _, out, _ = command("predict", pictures, "--model", road_run, "--out", tmp_path / "out")
    assert "legend" not in out
    assert "overlay-legend.png" not in written(tmp_path / "out")


def test_where_nothing_could_be_read_no_legend_stands_alone(command, camvid_run, tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    words = ("predict", tmp_path / "a.png", "--model", camvid_run, "--out", tmp_path / "out")
    assert command(*words).code == 1
    assert not (tmp_path / "out").exists()


def test_a_video_without_overlays_is_pictures_or_refused(
    roadfcn, road_run, make_video, grey_frames, tmp_path
):
    video = make_video(tmp_path / "v.mp4", grey_frames(1, 2))
    words = ("predict", video, "--model", road_run, "--out", tmp_path / "out")
    with pytest.raises(ConfigError, match=r"no overlays are wanted, and of .*v\.mp4") as caught:
        roadfcn(*words, "--overlays", "none")
    assert caught.value.do == "add --frames, or leave --overlays out"
    assert not (tmp_path / "out").exists()
    assert roadfcn(*words, "--overlays", "none", "--frames").exit_code == 0
    assert written(tmp_path / "out") == [
        "labels/v/000000.png",
        "labels/v/000001.png",
        "records.jsonl",
    ]


def test_a_legend_is_never_taken_for_a_picture_to_label(command, camvid_run, pictures):
    words = ("predict", "--model", camvid_run, "--out", pictures / "out")
    assert command(*words, pictures).out.startswith("2 pictures in ")
    legend = pictures / "out" / "overlay-legend.png"
    assert legend.is_file()
    assert command(*words, pictures, "--overwrite").out.startswith("2 pictures in ")
    named = command(*words, legend, "--overwrite")
    assert named.code == 2
    assert "lies among the results in" in named.err


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--map-corner", "lower-left"], "without --calibration"),
        (["--map-size", "0.5"], "without --calibration"),
        (["--overlays", "none", "--opacity", "0.7"], "--opacity together with --overlays none"),
        (["--overlays", "none", "--calibration", "c.txt"], "--calibration together with"),
        (["--overlays", "none", "--outlines"], "--outlines together with --overlays none"),
    ],
)
def test_options_for_an_overlay_that_is_not_made_are_refused(
    roadfcn, road_run, pictures, tmp_path, words, found
):
    (tmp_path / "c.txt").write_text("never read")
    words = [tmp_path / word if word == "c.txt" else word for word in words]
    with pytest.raises(ConfigError, match=found):
        roadfcn("predict", pictures, "--model", road_run, "--out", tmp_path / "out", *words)
    assert not (tmp_path / "out").exists()
