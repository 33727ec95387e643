import numpy as np
import pytest

from roadfcn.image_files import write_image
from roadfcn.prediction.gathering.sources import find_sources
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.runs.files import predict_files
from roadfcn.prediction.runs.journal import Journal
from roadfcn.prediction.runs.older_results import older_results
from roadfcn.prediction.video.watching import Watching


def save(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, np.zeros((4, 6, 3), np.uint8))


@pytest.fixture
def predict(red_road, tmp_path):
    """Give a function that predicts what lies below `in` into `out`."""

    def run(outputs, **options):
        out = tmp_path / "out"
        sources = find_sources([tmp_path / "in"], out)
        return predict_files(Predictor(red_road), sources, out, outputs=outputs, **options)

    return run


def test_older_results_are_those_that_this_run_did_not_write(predict, tmp_path):
    out = tmp_path / "out"
    for kind in ("labels", "probabilities"):
        save(out / kind / "old.png")
    save(out / "probabilities" / "a.png")
    save(out / "other" / "mine.png")
    (out / "overlays").mkdir()
    (out / "overlays" / "old.mp4").touch()
    save(tmp_path / "in" / "a.png")

    def older(outputs):
        with Journal(out, {}) as journal:
            found = older_results(out, predict(outputs, journal=journal), outputs, journal)
        return [path.relative_to(out).as_posix() for path in found]

    assert older(Outputs()) == [
        "labels/old.png",
        "overlays/old.mp4",
        "probabilities/a.png",
        "probabilities/old.png",
    ]
    assert "probabilities/a.png" not in older(Outputs(probability_of="road"))


def test_frames_of_this_run_are_no_older_results_and_those_of_a_longer_run_are(
    predict, make_video, grey_frames, tmp_path
):
    make_video(tmp_path / "in" / "v.mp4", grey_frames(1, 2, 3))
    outputs, out = Outputs(frames=True, overlays="none"), tmp_path / "out"
    save(out / "labels" / "w" / "000000.png")
    predict(outputs)
    with Journal(out, {}) as journal:
        result = predict(outputs, journal=journal, watching=Watching(every=2))
        found = older_results(out, result, outputs, journal)
    assert [path.relative_to(out / "labels").as_posix() for path in found] == [
        "v/000001.png",
        "w/000000.png",
    ]
