"""How `roadfcn doctor` looks on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadfcn.cli.parts.table_parts import counted, text_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_TO_INSTALL = "to install (in the checkout)"
_YES, _NO = "[green]yes[/green]", "[dim]no[/dim]"


def show_diagnosis(diagnosis: dict[str, Any], console: Console | None = None) -> None:
    """Print a diagnosis.

    Args:
        diagnosis: As `doctor.diagnose` gives it.
        console: Where to print; standard output if None.
    """
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = console or Console(highlight=False)
    console.print(
        f"\n[bold]roadfcn {diagnosis['roadfcn']}[/bold] on Python {diagnosis['python']}, "
        f"{diagnosis['system']}\n"
    )
    console.print(_machine_table(diagnosis))
    console.print(_engine_table(diagnosis["engines"]))
    if diagnosis["devices"]:
        console.print(_device_table(diagnosis["devices"]))
    only_predicts = diagnosis["only_predicts"]
    console.print(_package_table(diagnosis["packages"], only_predicts=only_predicts))
    console.print(_extra_table(diagnosis["extras"], _that_only_predict(diagnosis)))
    if only_predicts:
        console.print(
            "This installation predicts with exported models. Training and exporting need PyTorch;"
            " in the checkout of roadfcn: pip install ."
        )
    if not diagnosis["advice"]:
        needed = "prediction with exported models" if only_predicts else "roadfcn"
        console.print(f"[green]Everything that {needed} needs is here.[/green]")
    for line in diagnosis["advice"]:
        console.print(Text("To do", "bold yellow"))
        console.print(Padding(Text(line), (0, 0, 0, 2)))


def _machine_table(diagnosis: dict[str, Any]) -> Table:
    from rich.table import Table
    from rich.text import Text

    processor, memory, disk = (diagnosis[key] for key in ("processor", "memory", "disk"))
    instructions = processor["instructions"]
    table = Table.grid(padding=(0, 3))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row("  processor", Text(processor["name"]))
    table.add_row(
        "",
        f"{counted(processor['cores'], 'core')}, "
        f"{counted(processor['usable_threads'], 'thread')} for this process",
    )
    table.add_row(
        "",
        f"bfloat16 instructions: {_known(processor['has_bfloat16'])}, "
        f"8-bit: {_known(processor['has_int8'])}",
    )
    found = "not told by this system" if instructions is None else ", ".join(instructions)
    table.add_row("", f"[dim]instructions: {found or 'none of note'}[/dim]")
    table.add_row(
        "  memory",
        f"{_size(memory['total_bytes'])}, of which {_size(memory['available_bytes'])} free",
    )
    table.add_row("  disk", Text(f"{_size(disk['free_bytes'])} free in {disk['folder']}"))
    return table


def _engine_table(engines: list[dict[str, Any]]) -> Table:
    from rich.markup import escape

    columns = ["engine", "name", "runs", "version", "devices"]
    if not all(engine["works"] for engine in engines):
        columns.append(_TO_INSTALL)
    table = text_table("\nEngines, which run models", *columns)
    for engine in engines:
        broken = "[bold red]cannot be loaded[/bold red]" * bool(engine["trouble"])
        cells = [
            engine["name"],
            engine["title"],
            engine["runs"],
            engine["version"] or _NO,
            broken or ", ".join(engine["devices"]),
            "" if engine["works"] else escape(engine["to_install"]),
        ]
        table.add_row(*cells[: len(columns)])
    return table


def _device_table(devices: list[dict[str, Any]]) -> Table:
    table = text_table("Devices of PyTorch", "device", "name", "memory", "fast bfloat16", "'auto'")
    for device in devices:
        memory_bytes = device["memory_bytes"]
        table.add_row(
            device["name"],
            device["title"] or "the processor" * (device["name"] == "cpu"),
            "the computer's" if memory_bytes is None else _size(memory_bytes),
            _known(device["bfloat16_is_fast"]),
            "[green]this one[/green]" if device["is_default"] else "",
        )
    return table


def _that_only_predict(diagnosis: dict[str, Any]) -> list[str]:
    """Name the extras whose engine is here in an installation that cannot export for it anyway."""
    if not diagnosis["only_predicts"]:
        return []
    return [engine["name"] for engine in diagnosis["engines"] if engine["works"]]


def _package_table(packages: list[dict[str, Any]], *, only_predicts: bool) -> Table:
    from roadfcn.installation import TO_TRAIN

    table = text_table("Packages", "package", "installed", "needed", "what it gives")
    for package in packages:
        installed = package["found"] or "missing"
        if not package["fits"]:
            left_out = only_predicts and package["name"] in TO_TRAIN
            installed = "[dim]left out[/dim]" if left_out else f"[bold red]{installed}[/bold red]"
        table.add_row(
            package["name"],
            installed,
            package["wanted"],
            package["purpose"],
        )
    return table


def _extra_table(extras: list[dict[str, Any]], only_predict: list[str]) -> Table:
    from rich.markup import escape

    from roadfcn.installation import install_command

    table = text_table("Extras", "extra", "what it gives", "here", _TO_INSTALL)
    for extra in extras:
        name, missing = extra["name"], extra["missing"]
        if missing and name in only_predict:
            here, command = "[green]to predict[/green]", ""
        elif missing:
            here, command = f"no: {', '.join(missing)}", escape(install_command(name))
        else:
            here, command = _YES, ""
        table.add_row(name, extra["purpose"], here, command)
    return table


def _known(value: bool | None) -> str:
    if value is None:
        return "not known"
    return _YES if value else _NO


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"
