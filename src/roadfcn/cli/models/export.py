"""`roadfcn export`: a model for ONNX Runtime or OpenVINO, compared before it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from roadfcn.cli.parts.choices import TORCH_MODEL_HELP
from roadfcn.errors import ConfigError, ExportError

if TYPE_CHECKING:
    from roadfcn.export.exporting import Exported
    from roadfcn.export.pictures import PictureSet
    from roadfcn.export.plan import Format, Plan
    from roadfcn.label_sets import LabelSet

_Out = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help="The .onnx file to write, or the .xml of an OpenVINO model, whose .bin comes "
        "beside it. What is there is replaced.",
    ),
]
_Input = Annotated[
    Literal["float32", "uint8"],
    typer.Option(
        help="uint8 takes N,H,W,3 RGB pictures with the preprocessing inside, for programs of "
        "your own; float32 is what roadfcn runs."
    ),
]
_MaxDrop = Annotated[
    float | None,
    typer.Option(metavar="POINTS", help="Points of IoU that int8 may cost; 0.5 if not given."),
]
_Pictures = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Pictures to compare both models on, or a data folder, whose truth is then used too; "
        "scenes are painted without it.",
    ),
]
_Calibrate = Annotated[
    Path | None,
    typer.Option(
        metavar="DATA",
        help="Pictures or data to measure the ranges of int8 on: like those that the model is "
        "going to see. Scenes are painted without it.",
    ),
]
_Json = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write the figures here, also of what is refused, over an older file; - for "
        "standard output.",
    ),
]


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=TORCH_MODEL_HELP)],
    out: _Out,
    format: Annotated[
        Literal["onnx", "openvino"] | None,
        typer.Option(help="Which form; found out by the ending of OUT."),
    ] = None,
    precision: Annotated[
        Literal["f32", "f16"],
        typer.Option(help="What kernels are kept in; f16 halves the file."),
    ] = "f32",
    int8: Annotated[
        bool, typer.Option("--int8", metavar="", help="Compute in 8-bit integers; openvino only.")
    ] = False,
    calibrate: _Calibrate = None,
    max_drop: _MaxDrop = None,
    pictures: _Pictures = None,
    input: _Input = "float32",
    json: _Json = None,
) -> None:
    """Export MODEL for ONNX Runtime or OpenVINO, and prove that it answers as before.

    The same pictures go through both at three sizes; if they differ by more than the precision
    explains, nothing is written.
    """
    from roadfcn.cli.models.export_table import show_export
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, write_json
    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.export.exporting import export_model
    from roadfcn.model_card import read_card
    from roadfcn.weights.shipped_models import find_model

    check_json(json)
    if not int8 and (calibrate is not None or max_drop is not None):
        raise ConfigError(
            f"{'--calibrate' if calibrate is not None else '--max-drop'} without --int8",
            allowed="--calibrate and --max-drop together with --int8",
            do="pass --int8, or leave the other out",
        )
    plan = _plan(format or _form_of(out), precision, int8, max_drop, input)
    plan.check(out)
    label_set = read_card(find_model(model)).label_set
    to_measure = None if calibrate is None else _to_measure(calibrate, label_set)
    to_compare = None if pictures is None else _to_compare(pictures, label_set, to_measure)
    try:
        with progress_bar("Exporting") as progress:
            exported = export_model(
                model, out, plan, pictures=to_compare, calibration=to_measure, progress=progress
            )
    except ExportError as problem:
        write_json(json, _refused(problem, plan))
        raise
    if not is_standard_output(json):
        show_export(exported)
    write_json(json, _as_json(exported, plan))


def _form_of(out: Path) -> Format:
    """Tell a form by the ending of OUT.

    Raises:
        ConfigError: It is none of those that are written.
    """
    from roadfcn.export.plan import SUFFIXES

    for form, suffix in SUFFIXES.items():
        if out.suffix.lower() == suffix:
            return form
    raise ConfigError(
        f"{out} ends in '{out.suffix}': in which form is it to be written?",
        allowed=" or ".join(f"a name in {end} ({form})" for form, end in SUFFIXES.items()),
        do="give OUT one of these endings",
    )


def _plan(form: Format, precision: str, int8: bool, max_drop: float | None, takes: str) -> Plan:
    from roadfcn.export.int8 import MAX_DROP
    from roadfcn.export.plan import Plan

    if int8 and precision == "f16":
        raise ConfigError(
            "--int8 and --precision f16 at once",
            allowed="one of them: an int8 model keeps few floats",
            do="leave one of them out",
        )
    return Plan(
        form,
        "int8" if int8 else "float16" if precision == "f16" else "float32",
        eight_bit_input=takes == "uint8",
        max_drop=MAX_DROP if max_drop is None else max_drop / 100,
    )


def _to_measure(folder: Path, label_set: LabelSet) -> PictureSet:
    from roadfcn.export.int8 import CALIBRATION_PICTURES
    from roadfcn.export.pictures import folder_pictures

    return folder_pictures(folder, label_set, CALIBRATION_PICTURES, ("train", "val", "test"))


def _to_compare(folder: Path, label_set: LabelSet, measured: PictureSet | None) -> PictureSet:
    from roadfcn.export.exporting import GATE_PICTURES
    from roadfcn.export.pictures import folder_pictures

    splits = ("val", "test", "train")
    return folder_pictures(folder, label_set, GATE_PICTURES, splits, apart_from=measured)


def _as_json(exported: Exported, plan: Plan) -> dict[str, Any]:
    return {
        "passed": True,
        "reasons": [],
        "path": str(exported.path),
        "files": [str(path) for path in exported.files],
        "bytes": exported.size_bytes,
        **_planned(plan),
        **exported.gated.to_dict(),
        "quantisation": exported.quantisation,
    }


def _refused(problem: ExportError, plan: Plan) -> dict[str, Any]:
    """Give what is known of an export that came to nothing, with the keys of one that did not."""
    from roadfcn.export.parity import ParityError

    compared = problem if isinstance(problem, ParityError) else None
    return {
        "passed": False,
        "reasons": [problem.found] if compared is None else compared.failures,
        "path": None,
        "files": [],
        "bytes": 0,
        **_planned(plan),
        "compared_in": [],
        "parity": None if compared is None else compared.parity.to_dict(),
        "bfloat16": None,
        "quantisation": None,
    }


def _planned(plan: Plan) -> dict[str, str]:
    return {
        "format": plan.format,
        "kernels": plan.kernels,
        "input": "uint8" if plan.eight_bit_input else "float32",
    }
