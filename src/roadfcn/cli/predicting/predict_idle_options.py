"""Options of `roadfcn predict` that change nothing in a call: told, or refused where they cannot.

A folder may have videos today and none tomorrow, so options for videos are only told of. An option
that belongs to another one is a mistake without it.
"""

from __future__ import annotations

from collections.abc import Sequence

from roadfcn.cli.parts.json_output import tell
from roadfcn.cli.predicting.predict_options import PredictOptions
from roadfcn.errors import ConfigError
from roadfcn.prediction.sources.source import Source, Video


def tell_idle_options(given: PredictOptions, sources: Sequence[Source]) -> None:
    """Say which options have nothing to do.

    Args:
        given: What was asked for.
        sources: All of them, not only this process' share.

    Raises:
        ConfigError: An option is given without the one that it belongs to.
    """
    if given.coco is None and given.coco_form != "rle":
        raise ConfigError(
            f"--coco-form {given.coco_form} without --coco",
            allowed="--coco-form together with --coco",
            do="give --coco FILE, or leave the form out",
        )
    _refuse_without_overlays(given)
    if any(isinstance(source, Video) for source in sources):
        return
    asked = {
        "--every": given.every != 1,
        "--seconds": given.seconds is not None,
        "--frames": given.frames,
        "--smooth": given.smooth != 0,
    }
    idle = [option for option, is_given in asked.items() if is_given]
    if idle:
        verb = "is" if len(idle) == 1 else "are"
        tell(f"note: {' and '.join(idle)} {verb} for videos, and there is none here")


def _refuse_without_overlays(given: PredictOptions) -> None:
    moves_map = (given.map_corner, given.map_size) != ("upper-right", 0.62)
    if moves_map and given.calibration is None:
        raise ConfigError(
            "--map-corner or --map-size without --calibration, of which the map is made",
            allowed="these options together with --calibration",
            do="give --calibration FILE, or leave them out",
        )
    drawn = {
        "--calibration": given.calibration is not None,
        "--opacity": given.opacity != 0.5,
        "--outlines": given.outlines,
    }
    option = next((option for option, is_given in drawn.items() if is_given), None)
    if given.overlays == "none" and option is not None:
        raise ConfigError(
            f"{option} together with --overlays none, and it is for overlays",
            allowed="one of the two",
            do=f"leave {option} out, or have overlays",
        )
