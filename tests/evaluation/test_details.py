"""The further counts: taken by `evaluate` if asked for, stored, and turned into scores."""

import json

import numpy as np
import pytest

from roadfcn.evaluation.evaluate import evaluate

M, R, K = (255, 0, 255), (255, 0, 0), (0, 0, 0)  # road, not road, void
SIZE = 12


@pytest.fixture
def squares(write_kitti):
    """Two pictures of a road of 4 x 4 in 12 x 12; the second is found a column too far right."""
    truth = np.full((SIZE, SIZE, 3), R, np.uint8)
    truth[4:8, 4:8] = M
    truth[0] = K
    right, shifted = np.zeros((2, SIZE, SIZE), np.uint8)
    right[4:8, 4:8] = shifted[4:8, 5:9] = 255
    return write_kitti({"um_000000": (right, truth), "uu_000000": (shifted, truth)})


@pytest.fixture
def evaluation(red_road, squares):
    return evaluate(red_road, squares, details=True)


def test_without_being_asked_nothing_further_is_counted(red_road, squares):
    plain = evaluate(red_road, squares)
    assert plain.details is None
    assert "details" not in plain.to_scores()


def test_counts_are_those_of_each_picture(evaluation):
    found = evaluation.details
    assert found.void.tolist() == [12, 12]
    # 2 % of the diagonal of 12 x 12 is 1 px: of a 4 x 4 square, the 12 pixels of its rim. Shifted
    # by one column, two rims share 3 + 3 of their upper and lower rows, and no column.
    assert found.boundary[:, 1].tolist() == [[12, 12], [6, 18]]
    # Tolerance 0.13 px, so only what coincides is near.
    assert found.outlines[:, 1].tolist() == [[12, 12, 12, 12], [6, 12, 6, 12]]
    assert found.trimaps.shape == (2, 5, 2, 2)
    assert found.reliability.shape == (2, 15, 3)
    assert found.reliability[:, :, 0].sum(axis=1).tolist() == [132, 132]


def test_scores_follow_from_the_counts(evaluation):
    scores = evaluation.to_scores()["details"]
    assert scores["void_pixels"] == 24
    assert scores["boundary_iou"]["per_class"]["road"] == (12 + 6) / (12 + 18)
    assert scores["boundary_f1"]["per_class"]["road"] == (12 + 6) / (12 + 12)
    classes = scores["boundary_iou"]["per_class"].values()
    assert scores["boundary_iou"]["mean"] == pytest.approx(sum(classes) / 2)
    # Along the road's own outline (radius 1) lie 12 pixels inside it and 16 outside, and 12 below
    # the void; 4 + 4 of the second picture's are wrong.
    assert scores["trimap"]["1 px"]["pixel_accuracy"] == 1 - 8 / (2 * 40)
    assert list(scores["trimap"]) == ["1 px", "2 px", "5 px", "10 px", "20 px"]
    assert list(scores["calibration"]) == ["likeliest_class", "road"]
    # All but certain everywhere, and wrong at 8 of 264 pixels.
    likeliest = scores["calibration"]["likeliest_class"]
    assert likeliest["overconfidence"] == pytest.approx(8 / 264, abs=1e-4)
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores


def test_the_mean_over_pictures_is_the_published_bf_score(evaluation):
    # The first is without a fault. In the second, F1 is the share that coincides, as both
    # outlines are equally long: 1/2 of the road's, and of the background's what follows.
    counts = evaluation.details.outlines[1, 0]
    background = 2 * (counts[0] / counts[1]) * (counts[2] / counts[3])
    background /= counts[0] / counts[1] + counts[2] / counts[3]
    expected = (1 + (background + 1 / 2) / 2) / 2
    assert evaluation.to_scores()["details"]["boundary_f1"]["per_picture"] == pytest.approx(
        expected
    )


def test_further_counts_are_stored_beside_the_others(evaluation, tmp_path):
    evaluation.save(tmp_path / "out")
    with np.load(tmp_path / "out" / "per_image.npz", allow_pickle=False) as rows:
        for name in ("boundary", "outlines", "trimaps", "reliability", "void"):
            np.testing.assert_array_equal(rows[name], getattr(evaluation.details, name))
        assert rows["confusion"].shape == (2, 2, 2)
    scores = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert scores == evaluation.to_scores()
