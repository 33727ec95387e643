import re
import time

import numpy as np
import pytest
from PIL import Image

from roadfcn.errors import LabelSetError
from roadfcn.label_sets import CAMVID_11, EGO_LANE, VOC_21, drivable_class
from roadfcn.prediction.gathering.sources import find_sources
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.runs.files import predict_files, probability_class
from roadfcn.prediction.runs.journal import Journal
from roadfcn.prediction.video.watching import Watching

RED = (255, 0, 0)


def save(path, colour=RED, size=(6, 4), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **options)
    return path


def opened(path):
    with Image.open(path) as picture:
        picture.load()
        return picture


def stems(sources):
    return [source.stem.as_posix() for source in sources]


def written(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def predict(red_road, tmp_path):
    """Give a function that predicts what lies below `in` into `out`."""

    def run(backend=red_road, **options):
        out = tmp_path / "out"
        sources = find_sources([tmp_path / "in"], out)
        return predict_files(Predictor(backend), sources, out, **options)

    return run


def test_pictures_then_videos_are_predicted_and_counted(predict, make_video, grey_frames, tmp_path):
    save(tmp_path / "in" / "b.png")
    make_video(tmp_path / "in" / "a.mp4", grey_frames(1, 2, 3))
    calls = []
    result = predict(progress=lambda done, total: calls.append((done, total)))
    assert written(tmp_path / "out") == ["labels/b.png", "overlays/a.mp4", "overlays/b.png"]
    assert stems(result.written) == ["b", "a"]
    assert (result.frames, len(result.videos), result.problems) == (4, 1, [])
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert result.seconds > 0
    assert result.per_second == pytest.approx(4 / result.seconds)


def test_videos_are_looked_at_as_was_said(predict, make_video, grey_frames, tmp_path):
    make_video(tmp_path / "in" / "a.mp4", grey_frames(*range(10)))
    calls = []
    result = predict(
        watching=Watching(every=2, seconds=0.6),
        outputs=Outputs(frames=True),
        progress=lambda done, total: calls.append((done, total)),
    )
    assert written(tmp_path / "out" / "labels") == ["a/000000.png", "a/000002.png", "a/000004.png"]
    assert result.frames == 3
    assert calls[-1] == (3, 3)


def test_broken_pictures_and_videos_are_skipped_and_reported_and_leave_nothing(
    predict, noise, make_video, grey_frames, tmp_path
):
    Image.fromarray(noise).save(save(tmp_path / "in" / "b.png"))
    (tmp_path / "in" / "a.png").write_bytes((tmp_path / "in" / "b.png").read_bytes()[:60])
    (tmp_path / "in" / "c.png").write_bytes(b"")
    (tmp_path / "in" / "d.mp4").write_bytes(b"no video")
    make_video(tmp_path / "in" / "e.mp4", grey_frames(1, 2))
    calls = []
    result = predict(progress=lambda done, total: calls.append((done, total)))
    assert written(tmp_path / "out") == ["labels/b.png", "overlays/b.png", "overlays/e.mp4"]
    assert stems(result.written) == ["b", "e"]
    assert [source.stem.name for source, _ in result.skipped] == ["a", "c", "d"]
    said = [problem.found for problem in result.problems]
    assert "cannot be read as a picture" in said[0]
    assert "is empty (0 bytes)" in said[1]
    assert "cannot be read as a video" in said[2]
    assert calls[-1] == (5, 5)


def test_pictures_a_second_are_those_of_the_whole_run(predict, red_road, tmp_path):
    broken = tmp_path / "in" / "broken.png"
    save(tmp_path / "in" / "a.png")
    broken.write_bytes(b"no picture")
    formula = red_road.formula

    def slow(picture):
        time.sleep(0.2)
        return formula(picture)

    red_road.formula = slow
    result = predict()
    assert 0 < result.per_second < 5
    assert result.per_second * result.seconds == pytest.approx(1)


def test_what_is_done_is_not_done_again(predict, make_video, grey_frames, tmp_path):
    save(tmp_path / "in" / "a.png")
    make_video(tmp_path / "in" / "v.mp4", grey_frames(1, 2))
    out = tmp_path / "out"
    with Journal(out, {}) as journal:
        predict(journal=journal)
    kept = {name: (out / name).stat().st_mtime_ns for name in written(out) if "rec" not in name}
    save(tmp_path / "in" / "b.png")
    with Journal(out, {}, resume=True) as journal:
        result = predict(journal=journal)
        assert [record.name for record in journal.records(*result.names())] == [
            "a", "b", "v/000000", "v/000001",
        ]  # fmt: skip
    assert (stems(result.kept), stems(result.written)) == (["a", "v"], ["b"])
    assert all((out / name).stat().st_mtime_ns == moment for name, moment in kept.items())


def test_of_a_video_that_has_changed_only_the_new_frames_are_noted_down(
    predict, make_video, grey_frames, tmp_path
):
    make_video(tmp_path / "in" / "a.mp4", grey_frames(1, 2, 3))
    with Journal(tmp_path / "out", {}) as journal:
        predict(journal=journal)
    make_video(tmp_path / "in" / "a.mp4", grey_frames(1, 2))
    with Journal(tmp_path / "out", {}, resume=True) as journal:
        assert stems(predict(journal=journal).written) == ["a"]
        assert [record.name for record in journal.records()] == ["a/000000", "a/000001"]
    with Journal(tmp_path / "out", {}, resume=True) as journal:
        assert stems(predict(journal=journal).kept) == ["a"]


def test_what_a_killed_run_left_half_written_goes_unless_others_may_be_at_it(predict, tmp_path):
    save(tmp_path / "in" / "a.png")
    half = tmp_path / "out" / "overlays" / ".0123456789abcdef.part.mp4"
    half.parent.mkdir(parents=True)
    half.touch()
    with Journal(tmp_path / "out", {}, share=(1, 2)) as journal:
        predict(journal=journal)
    assert half.exists()
    with Journal(tmp_path / "out", {}) as journal:
        predict(journal=journal)
    assert not half.exists()


def test_a_video_that_cannot_be_made_rgb_or_h264_is_skipped_and_the_others_are_done(
    predict, make_video, write_plain, grey_frames, tmp_path
):
    folder = tmp_path / "in"
    for name in ("a.mp4", "z.mp4"):
        make_video(folder / name, grey_frames(1, 2))
    write_plain(folder / "ycgco.mkv", (63, 102, 240), colorspace=8)
    write_plain(folder / "wide.mkv", (63, 102, 240), size=(16, 16400))
    result = predict()
    assert stems(result.written) == ["a", "z"]
    found = {source.stem.name: problem.found for source, problem in result.skipped}
    assert "cannot be made RGB (yuv420p, matrix 8 of ITU-T H.273" in found["ycgco"]
    assert "frames of 16 x 16400 pixels (height x width) are too large" in found["wide"]
    assert written(tmp_path / "out") == ["overlays/a.mp4", "overlays/z.mp4"]


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGB", RED, 1),
        ("RGBA", (255, 0, 0, 10), 1),
        ("L", 255, 1),
        ("L", 100, 0),
        ("I;16", 65535, 1),
        ("I;16", 20000, 0),
        ("1", 1, 1),
    ],
)
def test_every_kind_of_picture_is_predicted(predict, tmp_path, mode, colour, expected):
    save(tmp_path / "in" / "a.png", colour, (1, 1), mode)
    predict()
    labels = opened(tmp_path / "out" / "labels" / "a.png")
    assert labels.size == (1, 1)
    assert labels.getpixel((0, 0)) == expected


def test_results_of_a_rotated_photograph_stand_upright(predict, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rows are columns
    save(tmp_path / "in" / "a.jpg", exif=exif)
    predict()
    assert opened(tmp_path / "out" / "labels" / "a.png").size == (4, 6)
    assert opened(tmp_path / "out" / "overlays" / "a.png").size == (4, 6)


def test_eleven_classes_are_written_as_their_indices(predict, tmp_path, eleven_classes):
    save(tmp_path / "in" / "a.png", (30, 0, 0))
    predict(eleven_classes, outputs=Outputs(probability_of="pavement"))
    assert opened(tmp_path / "out" / "labels" / "a.png").getpixel((0, 0)) == 3
    # Scores fall by 1 for each class away from 3; pavement is 4.
    shares = np.exp(-np.abs(np.arange(11) - 3.0))
    expected = round(255 * shares[4] / shares.sum())
    assert opened(tmp_path / "out" / "probabilities" / "a.png").getpixel((0, 0)) == expected


def test_an_unknown_probability_class_is_refused_before_any_work(predict, tmp_path):
    save(tmp_path / "in" / "a.png")
    with pytest.raises(LabelSetError, match="'road' has no class 'sky'"):
        predict(outputs=Outputs(probability_of="sky"))
    assert not (tmp_path / "out").exists()


def test_the_probability_written_is_that_of_road_then_lane_then_what_is_said():
    assert probability_class(CAMVID_11) == "road"
    assert probability_class(EGO_LANE) == "lane"
    assert probability_class(CAMVID_11, "car") == "car"
    assert drivable_class(VOC_21) is None
    with pytest.raises(LabelSetError, match=re.escape("'voc-21' has no class 'road'")) as caught:
        probability_class(VOC_21)
    assert caught.value.do == "say which class to write: --probability-of CLASS"
