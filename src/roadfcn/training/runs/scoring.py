"""The best model of a run, scored, and the page that explains its scores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from roadfcn.backends.opening import open_backend
from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.evaluation.evaluate import Evaluation, evaluate
from roadfcn.evaluation.report.page import PAGE_NAME, write_report
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.training.processes.collectives import is_first_process
from roadfcn.training.run_folder import BEST_MODEL, EVALUATION_FOLDER

_PRECISION = "float32"


def score_run(
    run: Path, dataset: FilePairDataset, progress: Callable[[int, int], None] | None = None
) -> Evaluation | None:
    """Score the best model at the frames' own sizes, in the precision of `roadfcn evaluate`.

    Only the first process does. Outlines and confidence are counted too, so that the page can
    tell what goes wrong, and runs can be compared in them. The scores are saved before the page is
    made: what may go wrong with it does not cost them.

    Args:
        run: The run folder; scores and page in it are written over.
        dataset: The split to score on.
        progress: Called with (done, total) after each picture.

    Raises:
        ImageFileError, MaskError, CalibrationError: A frame cannot be read any more.
        OutputError: A file cannot be written.
    """
    if not is_first_process():
        return None
    folder, model = run / EVALUATION_FOLDER, run / BEST_MODEL
    predictor = Predictor(open_backend(model, precision=_PRECISION))
    evaluation = evaluate(predictor, dataset, progress, details=True)
    evaluation.save(folder)
    write_report(folder, evaluation, dataset, predictor, model=model, precision=_PRECISION)
    return evaluation


def report_page(run: Path) -> Path:
    """Give the page of a run that was scored."""
    return run / EVALUATION_FOLDER / PAGE_NAME
