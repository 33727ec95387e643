"""Make the model of a run one that comes with the package: halved, checked, with a full card.

    python tools/ship_model.py RUN NAME [--scores TITLE=FOLDER ...] [key=value ...]
    python tools/ship_model.py runs/20260101-120000-camvid-slim slim-camvid11

NAME is slim-road or slim-camvid11. RUN is a run folder with its evaluation; its data are needed
once more, for halved weights have to label them as the whole ones do (data.path=... where they
have moved). Scores and their intervals come from RUN's evaluation and from the folders given
with --scores, which 'roadfcn evaluate --out' filled with scores of the same model; words come from
shipped_models.yaml beside this program. The model that had the name is replaced; nothing else has
to be changed. Kernels become float16; biases and batch norm's statistics, a hundredth of the file,
stay float32, so that their range is no matter.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from roadfcn.backends.opening import open_backend
from roadfcn.checkpoints import load_model, save_model
from roadfcn.datasets import kitti_road
from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.downloads.hashes import sha256_of
from roadfcn.errors import ModelFileError, RoadfcnError
from roadfcn.evaluation.drives import drawn_by
from roadfcn.evaluation.evaluate import SCORES_NAME
from roadfcn.evaluation.saved_evaluations import open_evaluation
from roadfcn.evaluation.score_intervals import score_intervals
from roadfcn.label_sets import LABEL_SETS, LabelSet
from roadfcn.model_files import MODEL_NAME
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.training.assembly.opening_frames import open_evaluation_split
from roadfcn.training.recipes.config_files import read_config
from roadfcn.weights.shipped_models import MAX_BYTES, SHIPPED, SHIPPED_NAMES

TEXTS = Path(__file__).with_name("shipped_models.yaml")
MOST_CHANGED = 0.001
"""Share of the pixels whose label may be another with halved weights."""


def main(arguments: list[str] | None = None) -> None:
    """Ship a model, and say what became of it."""
    options = _parser().parse_intermixed_args(arguments)
    texts = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    words = texts["models"][options.name]
    model, trained = load_model(options.run)
    _check_classes(options.name, trained.label_set, LABEL_SETS[words["label_set"]])
    dataset = open_evaluation_split(read_config(options.run / "config.yaml", options.settings))
    scores = dict([scores_of(options.run)])
    for title, _, folder in (given.partition("=") for given in options.scores):
        scores[title] = scores_of(Path(folder))[1]
    provenance = without_places(trained.provenance)
    card = replace(
        trained,
        provenance=provenance,
        scores=scores,
        data_terms=data_terms(provenance, texts["data"], options.kitti_layout),
        summary=words["summary"],
        intended_use=words["intended_use"],
        limits=tuple(words["limits"]),
    )
    with tempfile.TemporaryDirectory() as folder:
        half = Path(folder) / f"{options.name}.safetensors"
        save_model(half, model, card, half=True)
        _check_size(half)
        changed = changed_labels(options.run, half, dataset)
    shipped = {
        "run": options.run.resolve().name,
        "sha256": sha256_of(options.run / MODEL_NAME),
        "labels_changed": changed,
        "pictures": len(dataset),
    }
    card = replace(card, provenance=card.provenance | {"shipped": shipped})
    target = options.folder / f"{options.name}.safetensors"
    save_model(target, model, card, half=True)
    print(
        f"{target}: {target.stat().st_size / 1e6:.2f} MB; halving changed {changed:.4%} of the "
        f"labels of {len(dataset)} pictures; scores: {', '.join(scores)}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("name", choices=SHIPPED_NAMES)
    parser.add_argument("settings", nargs="*", help="such as data.path=/data/camvid")
    parser.add_argument("--scores", action="append", default=[], metavar="TITLE=FOLDER")
    parser.add_argument(
        "--kitti-layout",
        choices=(kitti_road.GENERATED, kitti_road.NAME),
        help="what data in KITTI Road's layout are, where an older run's card does not tell",
    )
    parser.add_argument("--folder", type=Path, default=SHIPPED, help="where the model goes")
    return parser


def scores_of(folder: Path) -> tuple[str, dict[str, Any]]:
    """Give what was scored, and the scores with their intervals, out of an evaluation.

    Raises:
        DatasetError: There is none in the folder, or it is damaged.
    """
    saved = open_evaluation(folder)
    scores = json.loads((saved.folder / SCORES_NAME).read_text(encoding="utf-8"))
    details = scores.pop("details", {})
    scores["intervals"] = details.get("intervals") or score_intervals(
        saved.rows, saved.target, drawn_by(saved.dataset, saved.rows.names), saved.details
    )
    return f"{saved.origin or saved.dataset} {saved.split}", scores


def changed_labels(whole: Path, half: Path, dataset: FilePairDataset) -> float:
    """Give the share of the pixels of all pictures that two models label differently.

    Raises:
        ModelFileError: It is more than `MOST_CHANGED`.
    """
    first, second = (
        Predictor(open_backend(path, device="cpu", precision="float32")) for path in (whole, half)
    )
    changed = pixels = 0
    for index in range(len(dataset)):
        image = dataset.read_image(index)
        differs = first.predict(image).labels != second.predict(image).labels
        changed, pixels = changed + int(differs.sum()), pixels + differs.size
    if changed > MOST_CHANGED * pixels:
        raise ModelFileError(
            f"at half precision {changed / pixels:.3%} of the labels of {dataset.root} are others",
            allowed=f"up to {MOST_CHANGED:.1%}",
            do="train the model longer, or at a lower rate: weights this sensitive do not travel",
        )
    return changed / pixels


def data_terms(
    provenance: dict[str, Any], terms: dict[str, str], kitti_layout: str | None
) -> dict[str, str]:
    """Give the terms of all data that a model saw, those before it that it started from too.

    Args:
        provenance: Of its card. Where a record in it does not tell what data in KITTI Road's layout
            were, that is filled in.
        terms: What is known, by the data's origin or layout.
        kitti_layout: What they were.

    Raises:
        ModelFileError: It is not known what the data were, or on which terms.
    """
    seen = {}
    for data in _data_in(provenance):
        if data["data"] == kitti_road.NAME and "origin" not in data and kitti_layout is not None:
            data["origin"] = kitti_layout if kitti_layout != kitti_road.NAME else ""
        name = data.get("origin") or data["data"]
        if name == kitti_road.NAME and "origin" not in data:
            name = "data in KITTI Road's layout, real or generated"
        if name not in terms:
            raise ModelFileError(
                f"the model saw {name}, whose terms are not known",
                allowed=f"the data that {TEXTS.name} has terms for: {', '.join(terms)}",
                do="add their terms there, or say what they were with --kitti-layout",
            )
        seen[name] = terms[name]
    return seen


def _data_in(provenance: object) -> Iterator[dict[str, Any]]:
    """Give every record of a data set in a provenance; recipes name paths, not data."""
    if isinstance(provenance, list):
        for entry in provenance:
            yield from _data_in(entry)
    if isinstance(provenance, dict):
        if isinstance(provenance.get("data"), str):
            yield provenance
        for key, entry in provenance.items():
            if key != "recipe":
                yield from _data_in(entry)


def without_places(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Give JSON values with the last part alone of every absolute path: the rest is a machine's."""
    if isinstance(value, dict):
        return {key: without_places(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [without_places(entry) for entry in value]
    if isinstance(value, str) and Path(value).is_absolute():
        return Path(value).name
    return value


def _check_classes(name: str, found: LabelSet, wanted: LabelSet) -> None:
    if found.classes != wanted.classes:
        raise ModelFileError(
            f"the model labels {', '.join(found.classes)}",
            allowed=f"for {name}: {', '.join(wanted.classes)}",
            do="ship it under the other name, or train with data.label_set=road",
        )


def _check_size(path: Path) -> None:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ModelFileError(
            f"the halved model has {size / 1e6:.2f} MB",
            allowed=f"up to {MAX_BYTES / 1e6:g} MB",
            do="train a smaller network",
        )


if __name__ == "__main__":
    try:
        main()
    except RoadfcnError as problem:
        sys.exit(f"ship_model: {problem}")
