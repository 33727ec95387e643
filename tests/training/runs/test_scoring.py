"""What a run leaves in its folder `evaluation`."""

import json
import shutil

import pytest

from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import OutputError
from roadfcn.evaluation.saved_evaluations import open_evaluation
from roadfcn.training.runs.run import train
from roadfcn.training.runs.scoring import report_page, score_run


@pytest.fixture(scope="module")
def scored_run(kitti_tree, tmp_path_factory):
    """Give a run of one step, scored on nine frames."""
    from roadfcn.training.recipes.config_files import make_config

    config = make_config(
        {
            "name": "one-step",
            "runs": str(tmp_path_factory.mktemp("runs")),
            "data": {"path": str(kitti_tree), "evaluate_split": "all"},
            "model": {"width": 0.05, "fc_channels": 8, "fc_kernel": 1},
            "trainer": {"epochs": 1, "max_steps": 1, "accelerator": "cpu", "devices": 1},
        }
    )
    return train(config).run, config


@pytest.fixture
def run(scored_run, tmp_path):
    """Give a copy of the run, to be changed."""
    return shutil.copytree(scored_run[0], tmp_path / scored_run[0].name)


def scores(run):
    return json.loads((run / "evaluation" / "metrics.json").read_text(encoding="utf-8"))


def test_the_page_of_a_run_shows_its_scores_and_names_it(scored_run):
    run, _ = scored_run
    page = report_page(run).read_text(encoding="utf-8")
    assert report_page(run) == run / "evaluation" / "report.html"
    assert f"{run.name} on kitti-road, all" in page
    assert f"{100 * scores(run)['per_class']['road']['iou']:.2f}" in page
    assert page.count("data:image/jpeg") == 4 * 7  # 3 worst, 2 median, 2 best of nine frames


def test_a_run_can_be_compared_in_outlines_and_confidence(scored_run):
    run, _ = scored_run
    assert open_evaluation(run).details.boundary.shape == (9, 2, 2)
    assert set(scores(run)["details"]) >= {"boundary_iou", "boundary_f1", "trimap", "calibration"}


def test_a_finished_run_without_its_page_gets_it_when_it_is_resumed(scored_run, run):
    _, config = scored_run
    before = scores(run)
    report_page(run).unlink()
    assert train(config, resume=run).was_finished
    assert run.name in report_page(run).read_text(encoding="utf-8")
    assert scores(run) == before


def test_a_page_that_cannot_be_written_does_not_cost_the_scores(run, kitti_tree):
    shutil.rmtree(run / "evaluation")
    report_page(run).mkdir(parents=True)
    with pytest.raises(OutputError, match=r"report\.html"):
        score_run(run, open_dataset(kitti_tree, "all"))
    assert scores(run)["images"] == 9
    assert (run / "evaluation" / "per_image.npz").is_file()
