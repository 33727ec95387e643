"""Options of `roadfcn predict` that change nothing in a call: told, or refused where they cannot.

A folder may have videos today and none tomorrow, so options for videos are only told of. An option
that belongs to another one is a mistake without it.
"""

from __future__ import annotations

from collections.abc import Sequence

from roadfcn.cli.json_output import tell
from roadfcn.cli.predict_options import PredictOptions
from roadfcn.errors import ConfigError
from roadfcn.prediction.source import Source, Video


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
