"""What `roadfcn weights fetch` was given: a name it knows, what lies here already, or neither."""

from __future__ import annotations

import shlex
from pathlib import Path

from roadfcn.downloads.known_file import find_known
from roadfcn.errors import ConfigError
from roadfcn.prediction.sources.words import shown_address
from roadfcn.weights.catalogue import WEIGHTS
from roadfcn.weights.shipped_models import SHIPPED_NAMES

_NAMES = f"a name that 'roadfcn weights list' shows: {', '.join((*SHIPPED_NAMES, *WEIGHTS))}"


def check_name(given: str) -> None:
    """Refuse what is neither a known name nor here.

    What looks like a file gets another answer than a mistyped name: it is told that only names
    are fetched, and where a file of one's own is given instead.

    Args:
        given: What stands in the place of NAME.

    Raises:
        ConfigError: With all names, and the command that was meant if that can be told.
    """
    if given in SHIPPED_NAMES or given in WEIGHTS or (given and Path(given).exists()):
        return
    if "://" in given:
        raise ConfigError(
            f"{shown_address(given)} is an address, and only weights with a known name are fetched",
            allowed=_NAMES,
            do="fetch it with a browser, and start from the file: weights=FILE in a recipe, or "
            "roadfcn weights import FILE OUT.safetensors",
        )
    if Path(given).suffix or Path(given).name != given:
        raise ConfigError(
            f"{given} looks like a file, which is not here, and no weights are known by that name",
            allowed=f"{_NAMES}; or a file that is here",
            do=_advice(given),
        )
    find_known(given, WEIGHTS, SHIPPED_NAMES)  # which says what names are like it


def _advice(given: str) -> str:
    """Say which command was meant: with a known name, or one that takes files."""
    path = Path(given)
    for known in WEIGHTS.values():
        if path.name.lower() == known.file_name.lower():
            return (
                f"roadfcn weights fetch {known.name} fetches {known.file_name}; or check the path"
            )
    if path.stem in SHIPPED_NAMES or path.stem in WEIGHTS:
        return f"roadfcn weights fetch {path.stem}; or check the path"
    named = shlex.quote(given)
    return (
        "check the path; a file of your own needs no fetching: start from it with "
        f"weights={named} in a recipe, or roadfcn weights import {named} OUT.safetensors"
    )
