"""`roadfcn bench`: how fast a model is on this machine, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roadfcn.cli.parts.choices import MODEL_HELP, EngineName, Precision
from roadfcn.cli.parts.options import Device, Json, read_size
from roadfcn.errors import ConfigError

if TYPE_CHECKING:
    from roadfcn.backends.protocol import Backend, Running
    from roadfcn.label_sets import LabelSet
    from roadfcn.prediction.runs.timing import Timing

_KITTI_SIZE = "375x1242"


_Size = Annotated[
    str | None,
    typer.Option(
        metavar="HxW",
        help=f"Height and width of the generated scene to measure on; {_KITTI_SIZE} if not given.",
    ),
]
_Pictures = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Measure on these pictures, at their own sizes."),
]
_Engine = Annotated[
    EngineName, typer.Option(help="auto: what a run over many pictures would take.")
]
_Precision = Annotated[
    Precision,
    typer.Option(help="auto: bfloat16 where the device is fast at it and labels stay as they are."),
]
_Batch = Annotated[
    int, typer.Option(metavar="N", min=1, max=1024, help="Pictures that go through together.")
]
_Seconds = Annotated[
    float, typer.Option(metavar="S", min=0, max=86400, help="About so long is measured.")
]


def bench(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODEL_HELP)] = "slim-road",
    size: _Size = None,
    pictures: _Pictures = None,
    engine: _Engine = "auto",
    device: Device = "auto",
    precision: _Precision = "auto",
    batch: _Batch = 1,
    seconds: _Seconds = 10.0,
    json: Json = None,
) -> None:
    """Measure how long MODEL takes for a picture: decode, prepare, network, finish, encode.

    Each step is timed alone, in rounds, after a warm-up; figures are medians. Then a run of
    roadfcn predict is timed, which does all steps at once.
    """
    from roadfcn.cli.machine.bench_table import show_bench
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, tell, write_json
    from roadfcn.prediction.engines.choice import open_model

    height_width = _checked_size(size, pictures)
    found = None if pictures is None else _found(pictures)
    check_json(json)
    converting: list[str] = []

    def say(line: str) -> None:
        if engine != "torch-compiled":  # which converts nothing
            converting.append(line)
        tell(line)

    backend = open_model(
        model, engine=engine, device=device, precision=precision, pictures=None, say=say
    )
    timing = _measured(backend, found or height_width, batch, seconds)
    values = {
        "model": model,
        "pictures": "a generated scene" if pictures is None else str(pictures),
        "size": list(height_width) if pictures is None else None,
        **_what_ran(backend),
        **_figures(timing),
        **_machine(backend.running, bool(converting)),
    }
    if not is_standard_output(json):
        show_bench(values)
    write_json(json, values)


def _measured(
    backend: Backend, subject: list[Path] | tuple[int, int], batch: int, seconds: float
) -> Timing:
    """Measure on pictures, or on a scene of a size."""
    from tempfile import TemporaryDirectory

    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.prediction.runs.timing import measure

    with TemporaryDirectory(prefix="roadfcn-bench-") as folder, progress_bar("Measuring") as shown:
        if isinstance(subject, tuple):
            subject = [_painted(backend.card.label_set, subject, Path(folder))]
        out = Path(folder) / "out"
        return measure(backend, subject, out, batch=batch, seconds=seconds, progress=shown)


def _checked_size(size: str | None, pictures: Path | None) -> tuple[int, int]:
    from roadfcn.picture_decoding import MAX_PIXELS

    if size is not None and pictures is not None:
        raise ConfigError(
            "both --size and --pictures are given",
            allowed="one of them: pictures are measured at their own sizes",
            do="leave one of them out",
        )
    height, width = read_size(size or _KITTI_SIZE)
    if not 1 <= height * width <= MAX_PIXELS:
        raise ConfigError(
            f"the size is {height} x {width} (height x width)",
            allowed=f"at least one pixel, at most {MAX_PIXELS}",
            do="give a size that cameras have, such as 720x1280",
        )
    return height, width


def _found(folder: Path) -> list[Path]:
    from roadfcn.errors import ImageFileError
    from roadfcn.image_files import find_images

    paths = find_images(folder)
    if not paths:
        raise ImageFileError(
            f"there is no picture in {folder}",
            allowed="a folder with pictures",
            do="check the path, or leave it out: then a scene is painted",
        )
    return paths


def _painted(label_set: LabelSet, size: tuple[int, int], folder: Path) -> Path:
    """Write a generated scene, as PNG like KITTI's pictures."""
    from roadfcn.export.pictures import scene_pictures
    from roadfcn.image_files import write_image

    (scene,) = scene_pictures(label_set, 1).pictures
    path = folder / "scene.png"
    write_image(path, scene.at(*size).image)
    return path


def _what_ran(backend: Backend) -> dict[str, Any]:
    from roadfcn.backends.export_facts import export_facts

    running = backend.running
    export = export_facts(backend.card)
    return {
        "classes": backend.card.label_set.name,
        "engine": running.engine,
        "device": running.device,
        "precision": running.precision,
        "kernels": export.get("kernels", running.precision),
    }


def _figures(timing: Timing) -> dict[str, Any]:
    network, at_once = timing.steps["network"], timing.at_once
    return {
        "batch": timing.batch,
        "rounds": timing.rounds,
        "seconds": {
            **timing.steps,
            "one_after_another": timing.one_after_another,
            "at_once": at_once,
        },
        "frames_per_second": {
            "network": 1 / network,
            "one_after_another": 1 / timing.one_after_another,
            "at_once": None if at_once is None else 1 / at_once,
        },
        "pictures_at_once": timing.pictures,
        "at_once_to_network": timing.to_network,
    }


def _machine(running: Running, with_conversion: bool) -> dict[str, Any]:
    from dataclasses import asdict

    from roadfcn import __version__
    from roadfcn.installation import version_of
    from roadfcn.machine import peak_memory_bytes, read_processor

    packages = {"onnx": "onnxruntime", "openvino": "openvino"}
    package = packages.get(running.engine, "torch")
    return {
        "memory": {
            "peak_bytes": peak_memory_bytes(),
            "device_peak_bytes": _device_memory(running),
            "with_conversion": with_conversion,
        },
        "hardware": {"processor": asdict(read_processor()), "device": _device_title(running)},
        "versions": {"roadfcn": __version__, package: version_of(package)},
    }


def _device_memory(running: Running) -> int | None:
    """Give the most that was taken of a GPU's memory, where PyTorch counts it."""
    if not running.engine.startswith("torch") or running.device == "cpu":
        return None
    from roadfcn.backends.torch_device import peak_memory_bytes

    return peak_memory_bytes(running.device)


def _device_title(running: Running) -> str | None:
    """Give a GPU's name, where PyTorch knows it."""
    if not running.engine.startswith("torch") or running.device == "cpu":
        return None
    from roadfcn.backends.torch_device_list import list_devices

    named = {device.name: device.title for device in list_devices()}
    return named.get(running.device) or named.get(f"{running.device}:0")
