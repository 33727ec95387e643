"""All that the results of a run depend on, in a form that two runs can be compared by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from roadfcn.converted_files.inspecting import inspect_any_model
from roadfcn.downloads.hashes import file_sha256, sha256_of
from roadfcn.model_files import reading
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.results.outputs import Outputs
from roadfcn.prediction.video.watching import Watching


def model_hash(path: Path) -> str:
    """Give the SHA-256 of a model's file: of a run folder that of the model in it.

    Raises:
        ModelFileError: It is missing or unreadable.
    """
    file = inspect_any_model(path).path
    with reading(file):
        digest = file_sha256(file)
        weights = file.with_suffix(".bin")
        if file.suffix == ".xml" and weights.is_file():  # OpenVINO's two files
            digest += file_sha256(weights)
    return digest


def run_settings(
    model: str,
    predictor: Predictor,
    outputs: Outputs,
    watching: Watching,
    calibration: Path | None,
    running: dict[str, str],
) -> dict[str, Any]:
    """Give the settings of a run, JSON-ready, for its journal.

    Args:
        model: Hash of the model's file.
        predictor: The model, with its classes, views and windows.
        outputs: What is written.
        watching: How videos are looked at.
        calibration: Of the map in overlays; its content counts, not its name.
        running: Engine, device and precision, as asked for.
    """
    tiling, inset = predictor.tiling, outputs.inset
    threshold = predictor.decision.threshold
    return {
        "model": model,
        "classes": predictor.label_set.name,
        "views": str(predictor.views),
        "tile": str(tiling.tile),
        "tile_overlap": str(tiling.overlap),
        **running,
        "opacity": outputs.opacity,
        "probability_of": outputs.probability_of,
        "calibration": None if calibration is None else sha256_of(calibration),
        "map": None if inset is None else f"{inset.corner}, {inset.share:g} of the height",
        "frames": outputs.frames,
        "overlays": outputs.overlays,
        # Not there without them: so runs that were begun before there were any can be resumed.
        **({"outlines": True} if outputs.outlines else {}),
        **({} if threshold is None else {"threshold": threshold}),
        "every": watching.every,
        "seconds": watching.seconds,
        "smooth": watching.smooth,
    }
