"""The options of `roadfcn predict`, by the groups in which its help shows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from roadfcn.cli.parts.choices import (
    MODEL_HELP,
    EngineName,
    LabelSetName,
    MapCorner,
    OverlayFormat,
    Precision,
)

_READ, _MODEL, _WRITTEN, _TABLES = (
    "What is read",
    "The model",
    "What is written",
    "Tables and summaries",
)

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE",
        help='Pictures, videos, folders, "patterns*.jpg", @list.txt, archives (.zip), camera:0, '
        "rtsp://, camera:http:// or https:// addresses.",
    ),
]
Every = Annotated[
    int,
    typer.Option(
        metavar="N", min=1, help="Of videos take every Nth frame only.", rich_help_panel=_READ
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option(
        metavar="S", help="Stop each video or camera after S seconds.", rich_help_panel=_READ
    ),
]
MaxPixels = Annotated[
    int,
    typer.Option(
        metavar="N", min=1, help="Larger pictures are skipped, undecoded.", rich_help_panel=_READ
    ),
]
Shard = Annotated[
    str | None,
    typer.Option(
        metavar="I/N",
        help="Do the Ith of N shares of the sources, for N processes or machines.",
        rich_help_panel=_READ,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL", help=f"{MODEL_HELP} Without it slim-road.", rich_help_panel=_MODEL
    ),
]
Classes = Annotated[
    LabelSetName | None,
    typer.Option(
        metavar="NAME",
        help="Answer in a coarser label set than the model's: "
        f"{', '.join(get_args(LabelSetName))}.",
        rich_help_panel=_MODEL,
    ),
]
Tile = Annotated[
    str,
    typer.Option(
        metavar="PX",
        help="Edge of windows for large pictures: auto, none or px. Windows of less than about "
        "1000 px overlap too little to answer as for the whole picture, which is told.",
        rich_help_panel=_MODEL,
    ),
]  # fmt: skip
TileOverlap = Annotated[
    str,
    typer.Option(
        metavar="PX",
        help="What windows share: auto or px. auto: what the network needs, at most half a window.",
        rich_help_panel=_MODEL,
    ),
]
Engine = Annotated[
    EngineName,
    typer.Option(help="auto: the fastest that is worth its start.", rich_help_panel=_MODEL),
]
PrecisionOption = Annotated[
    Precision,
    typer.Option(
        help="auto: bfloat16 where the device is fast at it and labels stay as they are.",
        rich_help_panel=_MODEL,
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        metavar="OUT",
        help="Folder for the results, such as predictions.",
        rich_help_panel=_WRITTEN,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        metavar="",
        help="Write into a folder that holds files; other results stay.",
        rich_help_panel=_WRITTEN,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        metavar="",
        help="Go on where an earlier call stopped: what is written whole stays. A video that was "
        "stopped in its middle begins anew.",
        rich_help_panel=_WRITTEN,
    ),
]
OverlaysOption = Annotated[
    OverlayFormat,
    typer.Option(
        help="Pictures with their classes in colour: as PNG; as JPEG, which is smaller and faster; "
        "none.",
        rich_help_panel=_WRITTEN,
    ),
]
Opacity = Annotated[
    float,
    typer.Option(min=0, max=1, help="Of the colours over the picture.", rich_help_panel=_WRITTEN),
]
Outlines = Annotated[
    bool,
    typer.Option(
        "--outlines",
        metavar="",
        help="Draw thin lines between classes into overlays, of videos too.",
        rich_help_panel=_WRITTEN,
    ),
]
Probabilities = Annotated[
    bool,
    typer.Option(
        "--probabilities",
        metavar="",
        help="Write the probability of road, as grey PNG.",
        rich_help_panel=_WRITTEN,
    ),
]
ProbabilityOf = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS",
        help="Write the probability of this class instead.",
        rich_help_panel=_WRITTEN,
    ),
]
Frames = Annotated[
    bool,
    typer.Option(
        "--frames",
        metavar="",
        help="Of videos write each frame's pictures instead of a video.",
        rich_help_panel=_WRITTEN,
    ),
]
Smooth = Annotated[
    float,
    typer.Option(
        metavar="S",
        help="Average videos over time: the weight of the frames before, 0 to 0.99, such as 0.6.",
        rich_help_panel=_WRITTEN,
    ),
]
CalibrationFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="KITTI calibration of the camera: draw the road from above into overlays.",
        rich_help_panel=_WRITTEN,
    ),
]
MapCornerOption = Annotated[
    MapCorner,
    typer.Option(
        metavar="CORNER",
        help=f"Where that is drawn: {', '.join(get_args(MapCorner))}.",
        rich_help_panel=_WRITTEN,
    ),
]
MapSize = Annotated[
    float,
    typer.Option(
        metavar="S",
        min=0.1,
        max=1,
        help="How tall it is, of the picture's height; half as wide.",
        rich_help_panel=_WRITTEN,
    ),
]
Csv = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Table of each picture or frame: size, share of road, probability, time; - for "
        "standard output.",
        rich_help_panel=_TABLES,
    ),
]
Coco = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Each class's pixels, as COCO's JSON; - for standard output.",
        rich_help_panel=_TABLES,
    ),
]
CocoForm = Annotated[
    Literal["rle", "polygons"],
    typer.Option(help="How the COCO file tells pixels.", rich_help_panel=_TABLES),
]
Json = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write what was done here, over an older file; - for standard output.",
        rich_help_panel=_TABLES,
    ),
]


@dataclass(frozen=True)
class PredictOptions:
    """What `roadfcn predict` was asked for; the names are those of its options."""

    sources: list[str]
    every: int
    seconds: float | None
    max_pixels: int
    shard: str | None
    model: str | None
    classes: str | None
    flip: bool
    scales: str
    threshold: float | None
    tile: str
    tile_overlap: str
    engine: str
    device: str
    precision: str
    out: Path
    overwrite: bool
    resume: bool
    overlays: OverlayFormat
    opacity: float
    outlines: bool
    probabilities: bool
    probability_of: str | None
    frames: bool
    smooth: float
    calibration: Path | None
    map_corner: MapCorner
    map_size: float
    csv: Path | None
    coco: Path | None
    coco_form: Literal["rle", "polygons"]
    json: Path | None
