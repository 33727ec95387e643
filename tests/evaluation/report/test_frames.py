import base64
import io

import numpy as np
import pytest
from PIL import Image

from roadfcn.evaluation.report.frames import choose_frames, show_frames
from roadfcn.label_sets import CAMVID_11, ROAD

R, M, K = (255, 0, 0), (255, 0, 255), (0, 0, 0)


def kinds(chosen):
    return [kind for _, kind in chosen]


def test_worst_median_and_best_are_chosen_worst_first():
    scores = np.array([0.5, 0.9, 0.1, 0.7, 0.3, 0.2, 0.8, 0.4, 0.6])
    chosen = choose_frames(scores)
    assert kinds(chosen) == ["worst"] * 3 + ["median"] * 2 + ["best"] * 2
    found = [scores[index] for index, _ in chosen]
    assert found == [0.1, 0.2, 0.3, 0.4, 0.5, 0.8, 0.9]


def test_where_there_are_few_pictures_none_is_chosen_twice():
    for count in range(7):
        chosen = choose_frames(np.linspace(0.5, 0.6, count))
        assert len({index for index, _ in chosen}) == len(chosen) == count
    assert kinds(choose_frames(np.array([0.2, 0.4, 0.6, 0.8]))) == ["worst"] * 3 + ["best"]


def test_pictures_without_a_score_are_not_chosen():
    assert choose_frames(np.array([np.nan, 0.5, np.nan])) == [(1, "worst")]


def test_neighbours_of_a_drive_are_not_chosen_together():
    chosen = [index for index, _ in choose_frames(np.arange(100) / 100, apart=8)]
    assert chosen[:3] == [0, 8, 16]
    assert np.diff(sorted(chosen)).min() >= 8


def test_of_a_stretch_of_a_single_drive_one_is_shown():
    chosen = [index for index, _ in choose_frames(np.arange(100) / 100, apart=8, stretch=20)]
    assert chosen[:3] == [0, 20, 40]  # 8 and 16 are of the first's stretch
    assert len({index // 20 for index in chosen}) == len(chosen) == 5


def pixels(uri):
    kind, _, encoded = uri.partition(";base64,")
    assert kind == "data:image/jpeg"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded, validate=True))))


@pytest.fixture
def shown(write_kitti, red_road):
    """One picture of 16 x 32: road at the left, of which the right half is missed, void below."""
    reds = np.zeros((16, 32), np.uint8)
    reds[:, :8] = 255
    truth = np.full((16, 32, 3), R, np.uint8)
    truth[:, :16] = M
    truth[12:] = K
    dataset = write_kitti({"um_000000": (reds, truth)})
    return list(show_frames([(0, "worst")], dataset, red_road, ROAD))


def test_a_frame_is_shown_as_picture_truth_prediction_and_mistakes(shown):
    (frame,) = shown
    assert (frame.name, frame.kind, frame.index) == ("um_000000", "worst", 0)
    assert [panel.title for panel in frame.panels] == ["picture", "truth", "prediction", "mistakes"]
    picture, truth, prediction, mistakes = (pixels(panel.uri) for panel in frame.panels)
    assert picture.shape == (16, 32, 3)
    green = ROAD.colours[1]
    assert abs(int(truth[4, 12, 1]) - green[1] // 2) < 40  # black picture, half covered
    assert prediction[4, 12, 1] < 40  # that part is missed
    assert mistakes[4, 12, 0] > 150 > mistakes[4, 12, 2]  # orange


def test_void_is_hatched_in_truth_and_mistakes_only(shown):
    _, truth, prediction, mistakes = (pixels(panel.uri).astype(int) for panel in shown[0].panels)
    for panel in (truth, mistakes):
        assert np.ptp(panel[14, 20:, 1]) > 50
    assert np.ptp(prediction[14, 20:, 1]) < 20


def test_large_pictures_are_made_small_and_keep_their_shape(write_kitti, red_road):
    noise = np.random.default_rng(0).integers(0, 256, (900, 1600), np.uint8)
    dataset = write_kitti({"um_000000": (noise, np.full((900, 1600, 3), M, np.uint8))})
    ((frame),) = show_frames([(0, "best")], dataset, red_road, ROAD)
    for panel in frame.panels:
        assert panel.width * panel.height <= 640 * 360
        assert panel.width / panel.height == pytest.approx(16 / 9, rel=0.01)
        assert pixels(panel.uri).shape == (panel.height, panel.width, 3)
        assert len(panel.uri) < 250_000


def test_a_model_of_finer_classes_is_shown_in_those_it_was_scored_in(write_kitti, red_classes):
    road = CAMVID_11.index("road")
    dataset = write_kitti({"um_000000": (np.full((8, 8), road), np.full((8, 8, 3), M, np.uint8))})
    ((frame),) = show_frames([(0, "best")], dataset, red_classes, ROAD)
    mistakes = pixels(frame.panels[3].uri).astype(int)
    assert np.ptp(mistakes, axis=2).max() < 12  # grey: nothing is wrong
