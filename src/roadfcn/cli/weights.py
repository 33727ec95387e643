"""`roadfcn weights`: which weights of others are known, and fetching them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roadfcn.cli.weights_import import import_weights
from roadfcn.errors import ConfigError

if TYPE_CHECKING:
    from roadfcn.downloads.known_file import KnownFile

app = typer.Typer(help="Weights to start from: list, fetch, import.", no_args_is_help=True)
app.command("import")(import_weights)

_Json = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write the result here, over an older file; - for standard output."
    ),
]


@app.command("list")
def list_weights(json: _Json = None) -> None:
    """Show the weights that can be fetched by name, and which of them are here."""
    from roadfcn.cli.json_output import check_json, is_standard_output, write_json
    from roadfcn.downloads.cache_folder import cache_folder
    from roadfcn.downloads.local_copies import find_local
    from roadfcn.weights.catalogue import WEIGHTS

    check_json(json)
    places = {name: find_local(known) for name, known in WEIGHTS.items()}
    if not is_standard_output(json):
        _show(list(WEIGHTS.values()), places)
    entries = [_as_json(known, places[known.name]) for known in WEIGHTS.values()]
    write_json(json, {"cache": str(cache_folder()), "weights": entries})


@app.command()
def fetch(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A name that 'roadfcn weights list' shows, or the file itself if you have it.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Where it goes: of vgg16-tensorflow a folder, data/vgg without this; of the "
            "others a file or folder to copy it to, else it stays in the cache.",
        ),
    ] = None,
    json: _Json = None,
) -> None:
    """Fetch weights once, checked, into the cache that all projects share."""
    from roadfcn.cli.json_output import check_json, is_standard_output, write_json
    from roadfcn.downloads.local_copies import known_or_own
    from roadfcn.weights.catalogue import WEIGHTS

    check_json(json)
    known, own = known_or_own(name, WEIGHTS)
    if known is None:
        path = _find_own(name, out, quiet=is_standard_output(json))
        write_json(json, {"name": None, "path": str(path)})
        return
    if known.unpacks_to is None:
        path, news = _fetch_file(known, own, out)
    else:
        path, news = _fetch_folder(known, own, out or known.unpacks_to)
    if not is_standard_output(json):
        print(f"{'fetched:' if news else 'here already:'} {path}")
        print(f"licence: {known.licence.text}; {known.licence.page}")
    write_json(json, _as_json(known, path))


def _find_own(given: str, out: Path | None, *, quiet: bool) -> Path:
    """Give the user's own weights, of which nothing is known; an archive is unpacked."""
    from roadfcn.weights.catalogue import WEIGHTS, resolve_weights

    if out is not None:
        raise ConfigError(
            f"{given} is here already and no known download, so that nothing comes to {out}",
            allowed="--out with a known name, or with a file that is called "
            + ", ".join(known.file_name for known in WEIGHTS.values()),
            do="leave --out away, or give the file the name that its publisher gave it",
        )
    path = resolve_weights(given, offline=True)
    if not quiet:
        print(f"{'here already' if path == Path(given) else 'unpacked'}: {path}")
        print("of your own: nothing was fetched, and nothing is known to check it by")
    return path


def _fetch_folder(known: KnownFile, own: Path | None, target: Path) -> tuple[Path, bool]:
    from roadfcn.cli.fetch_progress import fetch_progress
    from roadfcn.downloads.local_copies import fetch_unpacked
    from roadfcn.output_files import check_writable

    check_writable(target / known.file_name)
    with fetch_progress(known.file_name) as progress:
        news = fetch_unpacked(known, target, own=own, progress=progress)
    return target, news


def _fetch_file(known: KnownFile, own: Path | None, out: Path | None) -> tuple[Path, bool]:
    from roadfcn.cli.fetch_progress import fetch_progress
    from roadfcn.downloads.cache_folder import place_of
    from roadfcn.downloads.fetching import check_file, fetch
    from roadfcn.output_files import atomic_output, check_writable

    place = place_of(known.file_name)
    target = out / known.file_name if out is not None and out.is_dir() else out
    if target is not None:
        check_writable(target)
    news = own is None and not place.exists()
    if own is None:
        with fetch_progress(known.file_name) as progress:
            path = fetch(known, progress=progress)
    else:
        check_file(known, own, place, str(own))
        path = own
    if target is None:
        return path, news
    with atomic_output(target, needed_bytes=path.stat().st_size) as part:
        shutil.copyfile(path, part)
    return target, True


def _show(weights: list[KnownFile], places: dict[str, Path | None]) -> None:
    from rich.console import Console

    from roadfcn.cli.table_parts import UNDEFINED, text_table

    table = text_table("Weights that can be fetched", "name", "what", "MB", "licence", "here")
    for known in weights:
        size = UNDEFINED if known.size_bytes is None else f"{known.size_bytes / 1e6:.0f}"
        place = places[known.name]
        where = "no" if place is None else str(place)
        table.add_row(known.name, known.summary, size, known.licence.text, where)
    Console().print(table)


def _as_json(known: KnownFile, place: Path | None) -> dict[str, object]:
    return {
        "name": known.name,
        "summary": known.summary,
        "address": known.address,
        "bytes": known.size_bytes,
        "sha256": known.sha256,
        "licence": known.licence.text,
        "page": known.licence.page,
        "path": None if place is None else str(place),
    }
