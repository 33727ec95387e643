"""How `roadfcn doctor` looks on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadfcn.cli.table_parts import counted, text_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

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
    console.print(_package_table(diagnosis["packages"]))
    console.print(_extra_table(diagnosis["extras"]))
    if diagnosis["only_predicts"]:
        console.print(
            "This installation predicts with exported models. Training and exporting need PyTorch:"
            " pip install roadfcn"
        )
    if not diagnosis["advice"]:
        console.print("[green]Everything that roadfcn needs is here.[/green]")
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

    table = text_table(
        "\nEngines, which run models", "engine", "name", "runs", "version", "devices", "to install"
    )
    for engine in engines:
        broken = "[bold red]cannot be loaded[/bold red]" * bool(engine["trouble"])
        table.add_row(
            engine["name"],
            engine["title"],
            engine["runs"],
            engine["version"] or _NO,
            broken or ", ".join(engine["devices"]),
            "" if engine["works"] else escape(engine["to_install"]),
        )
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


def _package_table(packages: list[dict[str, Any]]) -> Table:
    table = text_table("Packages", "package", "installed", "needed", "what it gives")
    for package in packages:
        installed = package["found"] or "missing"
        table.add_row(
            package["name"],
            installed if package["fits"] else f"[bold red]{installed}[/bold red]",
            package["wanted"],
            package["purpose"],
        )
    return table


def _extra_table(extras: list[dict[str, Any]]) -> Table:
    table = text_table("Extras", "extra", "what it gives", "here", "to install")
    for extra in extras:
        name, missing = extra["name"], extra["missing"]
        here = f"no: {', '.join(missing)}" if missing else _YES
        command = f"pip install 'roadfcn\\[{name}]'" if missing else ""
        table.add_row(name, extra["purpose"], here, command)
    return table


def _known(value: bool | None) -> str:
    if value is None:
        return "not known"
    return _YES if value else _NO


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"
