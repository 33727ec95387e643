import pytest

from roadfcn.errors import DatasetError
from roadfcn.evaluation.evaluate import evaluate
from roadfcn.evaluation.saved_evaluations import open_evaluation
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.network.views import Views

R, M = (255, 0, 0), (255, 0, 255)


@pytest.fixture
def saved(red_road, write_kitti, tmp_path):
    """Give a run folder with scores in it."""
    evaluation = evaluate(red_road, write_kitti({"um_000000": ([[255, 0]], [[M, R]])}))
    evaluation.save(tmp_path / "my-run" / "evaluation")
    return tmp_path / "my-run"


def test_a_run_is_opened_by_its_folder_or_by_that_of_its_scores(saved):
    for folder in (saved, saved / "evaluation"):
        found = open_evaluation(folder)
        assert found.name == "my-run"
        assert found.folder == saved / "evaluation"
        assert (found.dataset, found.split, found.target) == ("kitti-road", "all", "road")
        assert found.rows.names == ("um_000000",)


def test_a_folder_of_scores_elsewhere_has_its_own_name(saved, tmp_path):
    (saved / "evaluation").rename(tmp_path / "second-try")
    assert open_evaluation(tmp_path / "second-try").name == "second-try"


def test_own_lanes_are_known_by_their_scores(saved):
    path = saved / "evaluation" / "metrics.json"
    path.write_text(path.read_text().replace("um_road", "um_lane"))
    assert open_evaluation(saved).target == "lane"


def test_without_metrics_the_data_set_is_not_known(saved):
    (saved / "evaluation" / "metrics.json").unlink()
    found = open_evaluation(saved)
    assert (found.dataset, found.split, found.target) == ("", "", "road")


@pytest.mark.parametrize("content", ["{", "[1]", "[" * 100_000, '{"road": 3, "dataset": 4}'])
def test_damaged_metrics_are_refused_or_not_needed(saved, content):
    (saved / "evaluation" / "metrics.json").write_text(content)
    if content.startswith('{"'):
        assert open_evaluation(saved).dataset == ""
    else:
        with pytest.raises(DatasetError, match=r"metrics\.json cannot be read"):
            open_evaluation(saved)


def test_folders_without_scores_are_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"holds no per_image\.npz, nor does a folder evalu"):
        open_evaluation(tmp_path)
    with pytest.raises(DatasetError, match="there is no folder") as caught:
        open_evaluation(tmp_path / "no")
    assert "--out" in caught.value.do


def test_scores_with_test_time_augmentation_are_called_so(red_road, write_kitti, tmp_path):
    predictor = Predictor(red_road.backend, views=Views(flip=True))
    data = write_kitti({"um_000000": ([[255, 0]], [[M, R]])})
    evaluate(predictor, data).save(tmp_path / "mine")
    assert open_evaluation(tmp_path / "mine").name == "mine (test-time augmentation)"


def test_scores_with_a_threshold_are_called_so(red_road, write_kitti, tmp_path):
    data = write_kitti({"um_000000": ([[255, 0]], [[M, R]])})
    evaluate(Predictor(red_road.backend, threshold=0.9), data).save(tmp_path / "mine")
    assert open_evaluation(tmp_path / "mine").name == "mine (road from 0.9 on)"
