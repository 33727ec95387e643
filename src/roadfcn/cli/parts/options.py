"""Options that several commands have: on what a model runs, how it looks at pictures, results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roadfcn.errors import ConfigError, shown

if TYPE_CHECKING:
    from roadfcn.prediction.network.views import Views

_PANEL = "The model"

Json = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write the result here, over an older file; - for standard output."
    ),
]
Device = Annotated[
    str, typer.Option(help="auto, cpu, cuda, cuda:1, mps, ...", rich_help_panel=_PANEL)
]
Flip = Annotated[
    bool,
    typer.Option(
        "--flip",
        metavar="",
        help="Test-time augmentation: average with the mirror image. Takes twice as long.",
        rich_help_panel=_PANEL,
    ),
]
Scales = Annotated[
    str,
    typer.Option(
        metavar="S,S,...",
        help="Test-time augmentation: average over these scales of the picture, such as "
        "0.75,1,1.25. A scale S takes S x S times as long, these three together 3.1 times.",
        rich_help_panel=_PANEL,
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Label pixels road from this probability on, 0 to 1, in place of where road is the "
        "likeliest class. 'roadfcn evaluate' names the best one for pictures of yours.",
        rich_help_panel=_PANEL,
    ),
]


def make_views(flip: bool, scales: str) -> Views:
    """Give the views that two options ask for.

    Raises:
        ConfigError: The scales make no sense.
    """
    from roadfcn.prediction.network.views import Views, read_scales

    return Views(flip, read_scales(scales))


def read_size(text: str) -> tuple[int, int]:
    """Read "188x621" as (height, width).

    Raises:
        ConfigError: It is no size.
    """
    height, times, width = text.lower().partition("x")
    # Python refuses to read numbers of thousands of digits; those too large are told later.
    numbers = [part.strip() for part in (height, width)]
    if not times or not all(part.isdecimal() and len(part) < 10 for part in numbers):
        raise ConfigError(
            f"the size is {shown(text)}",
            allowed="height x width in pixels, such as 188x621",
            do="give --size in this form",
        )
    return int(height), int(width)
