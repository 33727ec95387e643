"""`roadfcn scenes`: generate a data set of road scenes with exact truth."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from roadfcn.cli.parts.options import read_size


def scenes(
    out: Annotated[
        Path, typer.Argument(help="New or empty folder for the data set.", metavar="OUT")
    ],
    train: Annotated[int, typer.Option(help="Frames to train on.")] = 200,
    test: Annotated[int, typer.Option(help="Frames to test on; they have truth too.")] = 40,
    seed: Annotated[int, typer.Option(help="Another seed gives other scenes.")] = 0,
    size: Annotated[
        str, typer.Option(help="Height and width of the pictures, such as 188x621.")
    ] = "375x1242",
    preset: Annotated[
        Literal["kitti", "anywhere"],
        typer.Option(
            help="kitti: the benchmark's camera, fair weather; anywhere: all cameras, weathers "
            "and surfaces, to learn from for other roads."
        ),
    ] = "kitti",
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="Feature of the preset to leave out: cameras, relief, colours, surfaces, tracks, "
            "light, sensor or clutter. May be given several times."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; as many as there are cores if not given.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", metavar="", help="Write into a folder that holds files.")
    ] = False,
) -> None:
    """Generate road scenes in the KITTI Road layout: pictures, truth and calibration."""
    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.scenes.write import write_scenes

    height_width = read_size(size)
    _point_out_upright(*height_width)
    with progress_bar("Painting scenes") as progress:
        write_scenes(
            out,
            train=train,
            test=test,
            seed=seed,
            size=height_width,
            preset=preset,
            without=without or (),
            workers=workers,
            overwrite=overwrite,
            progress=progress,
        )
    print(
        f"{train} training and {test} testing frames of {size} (height x width) in {out} "
        f"(seed {seed})"
    )
    print(f"look at them: roadfcn data check {shlex.quote(str(out))} --sheet sheet.png")


def _point_out_upright(height: int, width: int) -> None:
    """Tell who may have swapped the sides; upright pictures are allowed."""
    if height > width:
        typer.echo(
            f"the pictures will be {height} pixels high and {width} wide; for the other way round "
            f"give --size {width}x{height} (height x width)",
            err=True,
        )
