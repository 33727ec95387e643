"""`roadfcn cache`: what roadfcn keeps for later on this computer, and how it goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roadfcn.cli.parts.options import Json
from roadfcn.errors import ConfigError, shown

if TYPE_CHECKING:
    from roadfcn.downloads.cache_contents import Kept

app = typer.Typer(help="What is kept for later: list it, clear it.", no_args_is_help=True)


@app.command("list")
def list_cache(json: Json = None) -> None:
    """List what is kept: what was fetched, unpacked, converted and computed."""
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, write_json
    from roadfcn.downloads.cache_contents import KINDS, contents
    from roadfcn.downloads.cache_folder import cache_folder

    check_json(json)
    found = {kind: contents(kind) for kind in KINDS}
    if not is_standard_output(json):
        _show(found, KINDS, cache_folder())
    values: dict[str, Any] = {"cache": str(cache_folder())}
    write_json(
        json, values | {kind: [_as_json(one) for one in kept] for kind, kept in found.items()}
    )


@app.command()
def clear(
    kinds: Annotated[
        list[str],
        typer.Argument(metavar="KIND...", help="downloads, unpacked, converted, features."),
    ],
) -> None:
    """Remove all that is kept of each KIND; it is made anew when it is wanted.

    What another process is making at this moment stays; the exit code is 1 then.
    """
    from roadfcn.cli.parts.table_parts import counted
    from roadfcn.downloads.cache_contents import KINDS, contents, remove

    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(
                f"nothing of the kind {shown(kind)} is kept",
                allowed=", ".join(KINDS),
                do="see roadfcn cache list",
            )
    is_whole = True
    for kind in kinds:
        kept = contents(kind)
        gone = [one for one in kept if remove(one)]
        print(f"{kind}: {counted(len(gone), 'thing')} removed, {_megabytes(gone)} MB")
        if len(gone) < len(kept):
            is_whole = False
            print(f"{kind}: {len(kept) - len(gone)} in use by another process, left as they are")
    if not is_whole:
        raise typer.Exit(1)


def _show(found: dict[str, list[Kept]], meanings: dict[str, str], cache: Path) -> None:
    from rich.console import Console

    from roadfcn.cli.parts.table_parts import number_table

    table = number_table("Kept for later", "kind", "things", "MB", "last used")
    table.add_column("what")
    for kind, kept in found.items():
        last = _date(kept[-1].used) if kept else ""
        table.add_row(kind, str(len(kept)), _megabytes(kept), last, meanings[kind])
    Console(highlight=False).print(table)
    print(f"in {cache}\nroadfcn cache clear KIND... makes room")


def _as_json(one: Kept) -> dict[str, Any]:
    return {"path": str(one.path), "bytes": one.size_bytes, "last_used": _date(one.used)}


def _date(seconds: float) -> str:
    from datetime import datetime

    return datetime.fromtimestamp(seconds).astimezone().date().isoformat()


def _megabytes(kept: list[Kept]) -> str:
    return f"{sum(one.size_bytes for one in kept) / 1e6:.1f}"
