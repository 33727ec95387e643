"""`roadfcn data`: look a data set over, count it, make one out of labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from roadfcn.cli.datasets.data_fetch import fetch_data
from roadfcn.cli.parts.choices import TARGET_HELP, ExportForm, LayoutName, Split, Target, Unlabelled
from roadfcn.cli.parts.options import Json

app = typer.Typer(help="Fetch, check, count and convert data sets.", no_args_is_help=True)
app.command("fetch")(fetch_data)

_Data = Annotated[
    Path, typer.Argument(metavar="DATA", help="Data folder; its layout is found out.")
]
_Layout = Annotated[
    LayoutName | None, typer.Option(help="Layout of DATA, if it cannot be found out.")
]
_Target = Annotated[Target, typer.Option(help=TARGET_HELP)]
_Sheet = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Draw a contact sheet of frames with their truth, such as sheet.png.",
    ),
]


@app.command()
def check(
    data: _Data,
    layout: _Layout = None,
    target: _Target = "road",
    json: Json = None,
    sheet: _Sheet = None,
) -> None:
    """Read every file of DATA and tell what is wrong, with the fix; exit code 1 if anything is."""
    from roadfcn.cli.datasets.data_tables import show_findings
    from roadfcn.cli.parts.json_output import is_standard_output, tell, write_json
    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.datasets.checks import check_dataset
    from roadfcn.datasets.contact_sheet import draw_contact_sheet
    from roadfcn.evaluation.data_names import data_name
    from roadfcn.image_files import write_image

    _check_destinations(json, sheet)
    with progress_bar("Checking") as progress:
        report = check_dataset(data, layout=layout, target=target, progress=progress)
    if not is_standard_output(json):
        show_findings(report)
    if sheet is not None and report.statistics is None:
        tell("no contact sheet: no frame can be read")
    elif sheet is not None and report.statistics is not None:
        name = data_name(report.healthy.name, report.healthy.origin)
        write_image(sheet, draw_contact_sheet(report.healthy, report.statistics, name=name))
        tell(f"contact sheet: {sheet}")
    write_json(json, report.to_dict())
    if not report.is_clean:
        raise typer.Exit(1)


@app.command()
def stats(
    data: _Data,
    split: Annotated[Split, typer.Option(help="Frames to count.")] = "train",
    layout: _Layout = None,
    target: _Target = "road",
    json: Json = None,
    sheet: _Sheet = None,
) -> None:
    """Count DATA: frames, sizes, class shares, mean colour, class weights."""
    from roadfcn.cli.datasets.data_tables import show_statistics
    from roadfcn.cli.parts.json_output import is_standard_output, tell, write_json
    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.datasets.contact_sheet import draw_contact_sheet
    from roadfcn.datasets.layouts import open_dataset, take_inventory
    from roadfcn.datasets.statistics import compute_statistics
    from roadfcn.evaluation.data_names import data_name
    from roadfcn.image_files import write_image

    _check_destinations(json, sheet)
    dataset = open_dataset(data, split, layout=layout, target=target)
    splits = take_inventory(data, layout=layout, target=target).frame_counts()
    name = data_name(dataset.name, dataset.origin)
    with progress_bar(f"Counting {name} {split}") as progress:
        statistics = compute_statistics(dataset, progress)
    if not is_standard_output(json):
        show_statistics(name, statistics, splits, dataset.label_set)
    if sheet is not None:
        write_image(sheet, draw_contact_sheet(dataset, statistics, name=name))
        tell(f"contact sheet: {sheet}")
    write_json(json, {**statistics.to_dict(), "splits": splits})


@app.command()
def convert(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE", help="Folder or .zip of CVAT or labelme; several make drives."
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New or empty folder.")],
    road: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", help="A label that is road, all others not; repeatable."),
    ] = None,
    void: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", help="A label that shall count nowhere; repeatable."),
    ] = None,
    unlabelled: Annotated[
        Unlabelled, typer.Option(help="What pixels without a label are.")
    ] = "background",
    images: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the pictures, if SOURCE came without."),
    ] = None,
    keep_empty: Annotated[
        bool,
        typer.Option("--keep-empty", metavar="", help="Keep pictures on which nothing is drawn."),
    ] = False,
    form: Annotated[
        ExportForm | None, typer.Option("--format", help="Form of SOURCE, if not found out.")
    ] = None,
) -> None:
    """Turn labels drawn in CVAT or labelme into a data folder OUT that can be trained on."""
    from roadfcn.cli.datasets.data_tables import show_conversion
    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.datasets.exports.convert import convert as run_conversion

    with progress_bar("Converting") as progress:
        conversion = run_conversion(
            sources,
            out,
            road=road or (),
            void=void or (),
            unlabelled=unlabelled,
            images=images,
            keep_empty=keep_empty,
            form=form,
            progress=progress,
        )
    show_conversion(conversion, out)


def _check_destinations(json: Path | None, sheet: Path | None) -> None:
    """Refuse what could not be written before every picture is read."""
    from roadfcn.cli.parts.json_output import check_json
    from roadfcn.image_files import check_image_name
    from roadfcn.output_files import check_writable

    check_json(json)
    if sheet is not None:
        check_image_name(sheet)
        check_writable(sheet)
