"""The small models that come with the package, by name, and what MODEL means on a command line.

They lie in `shipped` beside this file, at half precision and with a full card. A developer puts
them there with `tools/ship_model.py`. Nothing here reads them, so a name costs no time.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from roadfcn.errors import ModelFileError
from roadfcn.model_files import ALLOWED

SHIPPED = Path(__file__).parent / "shipped"
"""The folder they lie in."""

SHIPPED_NAMES = ("slim-road", "slim-camvid11")

DEFAULT_MODEL = "slim-road"
"""What is taken where a model is wanted and none is named."""

MAX_BYTES = 3_000_000
"""Of one file: what a package may add to everybody's download for it."""


def shipped_path(name: str) -> Path:
    """Give the file of a shipped model; `name` is one of `SHIPPED_NAMES`."""
    return SHIPPED / f"{name}.safetensors"


def is_shipped(path: Path) -> bool:
    """Tell whether a path is that of a shipped model."""
    return path.parent == SHIPPED


def find_model(given: str | Path) -> Path:
    """Give the path that MODEL means: a run folder, a model file, or a name.

    What lies at a path of that name comes before a shipped model. A path is not looked into.

    Raises:
        ModelFileError: A bare word that is neither a path nor a name.
    """
    word = str(given)
    if os.path.lexists(word):
        return Path(given)
    if word in SHIPPED_NAMES:
        return shipped_path(word)
    if Path(word).suffix or Path(word).name != word:
        return Path(given)  # meant as a path: whoever opens it says what is wrong
    near = difflib.get_close_matches(word.lower(), SHIPPED_NAMES, n=1)
    raise ModelFileError(
        f"there is no model {word}",
        allowed=f"{ALLOWED}, or a model that comes with roadfcn: {', '.join(SHIPPED_NAMES)}",
        do=f"did you mean {near[0]}?" if near else "check the path, or name one of these",
    )
