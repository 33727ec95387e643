"""What `roadfcn bench` prints: the time of each step, pictures a second, memory, the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_MEANINGS = {
    "decode": "the file to a picture",
    "prepare": "to the network's input",
    "network": "to scores",
    "finish": "to labels of the picture",
    "encode": "labels and overlay, written",
}


def show_bench(values: dict[str, Any], console: Console | None = None) -> None:
    """Print what was measured.

    Args:
        values: As `--json` has them.
        console: Where to print; standard output if None.
    """
    from rich.console import Console

    console = console or Console(highlight=False)
    console.print(_table(values))
    for name, text in _notes(values).items():
        console.print(f"{name + ':':9s}{text}", markup=False, soft_wrap=True)


def _table(values: dict[str, Any]) -> Table:
    from rich.markup import escape

    from roadfcn.cli.parts.table_parts import counted, number_table, percent

    seconds, rates = values["seconds"], values["frames_per_second"]
    size, batch = values["size"], values["batch"]
    measured_on = values["pictures"] if size is None else f"{size[0]} x {size[1]} pixels"
    title = f"{escape(values['model'])}, {escape(measured_on)}"
    if batch > 1:
        title += f", {batch} at a time"
    table = number_table(title, "step", "ms a picture", "%", "pictures/s")
    table.add_column("what is done")
    whole = seconds["one_after_another"]
    for step, meaning in _MEANINGS.items():
        rate = _rate(rates["network"]) if step == "network" else ""
        table.add_row(step, _ms(seconds[step]), percent(seconds[step] / whole), rate, meaning)
    table.add_section()
    table.add_row("all", _ms(whole), "", _rate(rates["one_after_another"]), "one after another")
    if seconds["at_once"] is not None:
        table.add_row(
            "predict",
            _ms(seconds["at_once"]),
            "",
            _rate(rates["at_once"]),
            "all steps at once",
        )
    table.caption = f"medians of {counted(values['rounds'], 'round')} after a warm-up"
    table.caption_justify = "left"
    return table


def _notes(values: dict[str, Any]) -> dict[str, str]:
    from roadfcn.cli.parts.table_parts import counted

    kernels, precision = values["kernels"], values["precision"]
    computed = precision if kernels != "int8" else f"int8, the rest in {precision}"
    (package, version) = [*values["versions"].items()][-1]
    processor, title = values["hardware"]["processor"], values["hardware"]["device"]
    cores = counted(processor["cores"], "core")
    threads = counted(processor["usable_threads"], "thread")
    machine = f"{processor['name']}, {cores}, {threads} for this process"
    memory = f"{values['memory']['peak_bytes'] / 1e9:.2f} GB at most, with all that is loaded"
    if values["memory"]["device_peak_bytes"] is not None:
        memory += f"; of the GPU's, {values['memory']['device_peak_bytes'] / 1e9:.2f} GB in tensors"
    if values["memory"]["with_conversion"]:
        memory += "; the model was converted first, which takes more: measure again"
    ratio = values["at_once_to_network"]
    return ({} if ratio is None else {"predict": f"takes {ratio:.2f} x the network's time"}) | {
        "engine": f"{values['engine']} ({package} {version}) on {values['device']}, {computed}",
        "machine": machine if not title else f"{title}; {machine}",
        "memory": memory,
    }


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.4g}" if seconds >= 1 else f"{1000 * seconds:.2f}"


def _rate(count: float) -> str:
    return f"{count:.3g}" if count < 100 else f"{count:.0f}"
