"""`roadfcn data fetch`: a public data set, its licence accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from roadfcn.cli.parts.options import Json
from roadfcn.errors import ConfigError


def fetch_data(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="kitti-road, or the path of data_road.zip if you have it."
        ),
    ],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder that gets data_road.")] = Path(
        "data"
    ),
    accept_licence: Annotated[
        bool,
        typer.Option(
            "--accept-licence",
            metavar="",
            help="Say yes to the licence, which is shown without this.",
        ),
    ] = False,
    json: Json = None,
) -> None:
    """Fetch a public data set once, checked, and unpack it."""
    from roadfcn.cli.parts.fetch_progress import fetch_progress
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, write_json
    from roadfcn.datasets.catalogue import DATASETS
    from roadfcn.downloads.local_copies import fetch_unpacked, known_or_own
    from roadfcn.output_files import check_writable

    check_json(json)
    known, own = known_or_own(name, DATASETS)
    if known is None:
        _check_folder(name)
        if not is_standard_output(json):
            print(f"here already: {name}")
            print(f"of your own: nothing was fetched; see roadfcn data check {name}")
        write_json(json, {"name": None, "path": name, "new": False})
        return
    assert known.unpacks_to is not None  # as of all data sets
    target = to / known.unpacks_to.name
    check_writable(target / known.file_name)
    with fetch_progress(known.file_name) as progress:
        news = fetch_unpacked(
            known, target, own=own, accept_licence=accept_licence, progress=progress
        )
    if not is_standard_output(json):
        print(f"{'fetched:' if news else 'here already:'} {target}")
        print(f"licence: {known.licence.text}; {known.licence.page}")
    write_json(json, {"name": known.name, "path": str(target), "new": news})


def _check_folder(given: str) -> None:
    """Refuse a file that is no known archive: nobody could tell what it is to become."""
    from roadfcn.datasets.catalogue import DATASETS

    if Path(given).is_dir():
        return
    raise ConfigError(
        f"{given} has the name of no known download",
        allowed=", ".join(known.file_name for known in DATASETS.values()),
        do=f"give it the name that its publisher gave it, or give a name of {', '.join(DATASETS)}",
    )
