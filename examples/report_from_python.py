"""Score a model, write the page that explains its scores, and compare it with another one.

Two runs on the same data, a data folder and a split; the second run is the one that is reported:

    python examples/report_from_python.py runs/first runs/second data/data_road val report
"""

import sys
from pathlib import Path

import roadfcn
from roadfcn.evaluation.comparison import compare
from roadfcn.evaluation.comparison_words import score_name, verdict
from roadfcn.evaluation.report.comparison_page import write_comparison
from roadfcn.evaluation.report.page import write_report
from roadfcn.evaluation.saved_evaluations import open_evaluation


def main(first: Path, second: Path, data: Path, split: str, folder: Path) -> None:
    """Report on the second run, and set it against the first."""
    dataset = roadfcn.open_dataset(data, split)
    for run in (first, second):
        predictor = roadfcn.Predictor(roadfcn.open_backend(run, precision="float32"))
        evaluation = roadfcn.evaluate(predictor, dataset, details=True)
        evaluation.save(folder / run.name)
    print(f"report: {write_report(folder, evaluation, dataset, predictor, model=second)}")

    evaluations = [open_evaluation(folder / run.name) for run in (first, second)]
    comparison = compare(evaluations)
    for entry in comparison["scores"]:
        (change,) = entry["differences"]
        if verdict(entry):
            name = score_name(entry, comparison)
            print(f"{name}: {100 * change['value']:+.2f} points, p = {change['p_value']:.3f}")
    print(f"comparison: {write_comparison(folder, comparison, evaluations)}")


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], Path(sys.argv[5]))
