"""`roadfcn weights`: its commands, and the one that fetches weights."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roadfcn.cli.models.weights_import import import_weights
from roadfcn.cli.models.weights_list import list_weights
from roadfcn.cli.models.weights_show import show_weights
from roadfcn.cli.parts.options import Json
from roadfcn.errors import ConfigError

if TYPE_CHECKING:
    from roadfcn.downloads.known_file import KnownFile

app = typer.Typer(help="Models and weights: list, show, fetch, import.", no_args_is_help=True)
app.command("list")(list_weights)
app.command("show")(show_weights)
app.command("import")(import_weights)


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
    json: Json = None,
) -> None:
    """Fetch weights once, checked, into the cache that all projects share."""
    from roadfcn.cli.models.weights_list import known_as_json
    from roadfcn.cli.models.weights_name import check_name
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, write_json
    from roadfcn.downloads.local_copies import known_or_own
    from roadfcn.weights.catalogue import WEIGHTS
    from roadfcn.weights.shipped_models import SHIPPED_NAMES

    check_json(json)
    check_name(name)
    if name in SHIPPED_NAMES and not Path(name).exists():
        _give_shipped(name, out, json)
        return
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
    write_json(json, known_as_json(known, path))


def _give_shipped(name: str, out: Path | None, json: Path | None) -> None:
    """Tell where a model lies that comes with roadfcn, or copy it."""
    from roadfcn.cli.models.weights_list import shipped_as_json
    from roadfcn.cli.parts.json_output import is_standard_output, write_json
    from roadfcn.model_card import read_card
    from roadfcn.weights.shipped_models import shipped_path

    path = shipped_path(name)
    card = read_card(path)
    if out is not None:
        path = _copied(path, out)
    if not is_standard_output(json):
        print(f"{'here already' if out is None else 'copied'}: {path}")
        print(f"licence: {card.licence}")
    write_json(json, shipped_as_json(name, card) | {"path": str(path)})


def _find_own(given: str, out: Path | None, *, quiet: bool) -> Path:
    """Give the user's own weights, of which nothing is known; an archive is unpacked."""
    from roadfcn.weights.catalogue import WEIGHTS, resolve_weights

    if out is not None:
        raise ConfigError(
            f"{given} is here already and no known download, so that nothing comes to {out}",
            allowed="--out with a known name, or with a file that is called "
            + ", ".join(known.file_name for known in WEIGHTS.values()),
            do="leave --out away, or give the file the name that its publisher gave it; to start "
            f"from it: weights={shlex.quote(given)}, or roadfcn weights import",
        )
    path = resolve_weights(given, offline=True)
    if not quiet:
        print(f"{'here already' if path == Path(given) else 'unpacked'}: {path}")
        print("of your own: nothing was fetched, and nothing is known to check it by")
    return path


def _fetch_folder(known: KnownFile, own: Path | None, target: Path) -> tuple[Path, bool]:
    from roadfcn.cli.parts.fetch_progress import fetch_progress
    from roadfcn.downloads.local_copies import fetch_unpacked
    from roadfcn.output_files import check_writable

    check_writable(target / known.file_name)
    with fetch_progress(known.file_name) as progress:
        news = fetch_unpacked(known, target, own=own, progress=progress)
    return target, news


def _fetch_file(known: KnownFile, own: Path | None, out: Path | None) -> tuple[Path, bool]:
    from roadfcn.cli.parts.fetch_progress import fetch_progress
    from roadfcn.downloads.cache_folder import place_of
    from roadfcn.downloads.fetching import check_file, fetch
    from roadfcn.output_files import check_writable

    place = place_of(known.file_name)
    if out is not None:
        check_writable(_target(known.file_name, out))
    news = own is None and not place.exists()
    if own is None:
        with fetch_progress(known.file_name) as progress:
            path = fetch(known, progress=progress)
    else:
        check_file(known, own, place, str(own))
        path = own
    if out is None:
        return path, news
    return _copied(path, out, known.file_name), True


def _target(name: str, out: Path) -> Path:
    return out / name if out.is_dir() else out


def _copied(path: Path, out: Path, name: str | None = None) -> Path:
    """Copy a file to a path, or into a folder under its own or another name."""
    from roadfcn.output_files import atomic_output

    target = _target(name or path.name, out)
    with atomic_output(target, needed_bytes=path.stat().st_size) as part:
        shutil.copyfile(path, part)
    return target
