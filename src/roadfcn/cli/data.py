"""`roadfcn data`: look a data set over, and count it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Check and count data sets.", no_args_is_help=True)

_Data = Annotated[Path, typer.Argument(help="Data folder; its layout is found out.")]
_Layout = Annotated[
    str | None, typer.Option(help="kitti-road or camvid, if it cannot be found out.")
]
_Target = Annotated[str, typer.Option(help="road or lane, for KITTI Road.")]
_Json = Annotated[
    Path | None,
    typer.Option(help="Write the result here, over an older file; - for standard output."),
]
_Sheet = Annotated[
    Path | None,
    typer.Option(help="Draw a contact sheet of frames with their truth, such as sheet.png."),
]


@app.command()
def check(
    data: _Data,
    layout: _Layout = None,
    target: _Target = "road",
    json: _Json = None,
    sheet: _Sheet = None,
) -> None:
    """Read every file of DATA and tell what is wrong, with the fix; exit code 1 if anything is."""
    from roadfcn.cli.data_tables import show_findings
    from roadfcn.cli.progress import progress_bar
    from roadfcn.datasets.checks import check_dataset
    from roadfcn.datasets.contact_sheet import draw_contact_sheet
    from roadfcn.image_files import write_image

    with progress_bar("Checking") as progress:
        report = check_dataset(data, layout=layout, target=target, progress=progress)
    if json != Path("-"):
        show_findings(report)
    if sheet is not None and report.statistics is None:
        _tell("no contact sheet: no frame can be read")
    elif sheet is not None and report.statistics is not None:
        write_image(sheet, draw_contact_sheet(report.healthy, report.statistics))
        _tell(f"contact sheet: {sheet}")
    if json is not None:
        _write_json(json, report.to_dict())
    if not report.is_clean:
        raise typer.Exit(1)


@app.command()
def stats(
    data: _Data,
    split: Annotated[str, typer.Option(help="train, val, test or all.")] = "train",
    layout: _Layout = None,
    target: _Target = "road",
    json: _Json = None,
    sheet: _Sheet = None,
) -> None:
    """Count DATA: frames, sizes, class shares, mean colour, class weights."""
    from roadfcn.cli.data_tables import show_statistics
    from roadfcn.cli.progress import progress_bar
    from roadfcn.datasets.contact_sheet import draw_contact_sheet
    from roadfcn.datasets.layouts import open_dataset, take_inventory
    from roadfcn.datasets.statistics import compute_statistics
    from roadfcn.image_files import write_image

    dataset = open_dataset(data, split, layout=layout, target=target)
    splits = take_inventory(data, layout=layout, target=target).frame_counts()
    with progress_bar(f"Counting {dataset.name} {split}") as progress:
        statistics = compute_statistics(dataset, progress)
    if json != Path("-"):
        show_statistics(statistics, splits, dataset.label_set)
    if sheet is not None:
        write_image(sheet, draw_contact_sheet(dataset, statistics))
        _tell(f"contact sheet: {sheet}")
    if json is not None:
        _write_json(json, {**statistics.to_dict(), "splits": splits})


def _write_json(path: Path, values: dict[str, object]) -> None:
    from json import dumps

    from roadfcn.output_files import write_text

    text = dumps(values, indent=2, allow_nan=False) + "\n"
    if path == Path("-"):
        print(text, end="")
        return
    write_text(path, text)
    _tell(f"as JSON: {path}")


def _tell(line: str) -> None:
    """Say on standard error what was written, as standard output may be the JSON."""
    import sys

    print(line, file=sys.stderr)
