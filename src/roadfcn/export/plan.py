"""What a model is to be exported as, and what may be asked for together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from roadfcn.converted_files.openvino_header import weights_of
from roadfcn.errors import ConfigError, OutputError
from roadfcn.export.bounds import BOUNDS, BoundName, Bounds
from roadfcn.export.int8 import MAX_DROP, prepare_nncf
from roadfcn.export.packages import require
from roadfcn.output_files import check_writable

Format = Literal["onnx", "openvino"]
Kernels = Literal["float32", "float16", "int8"]

SUFFIXES: dict[Format, str] = {"onnx": ".onnx", "openvino": ".xml"}
"""How the files end that are written."""

_BOUNDS: dict[Kernels, BoundName] = {"float32": "f32", "float16": "f16", "int8": "int8"}


@dataclass(frozen=True)
class Plan:
    """What to export a model as.

    Args:
        format: "onnx" or "openvino".
        kernels: What they are kept in. With "float16" the network still computes in float32,
            with "int8" in 8-bit integers where that costs little; int8 is for "openvino".
        eight_bit_input: Take N,H,W,3 uint8 RGB pictures, with the preprocessing inside, for other
            programs. Else the model takes what its card describes, for roadfcn.
        max_drop: IoU that int8 may cost, 0 up to, not with, 1.

    Raises:
        ConfigError: Values that exclude each other, or are out of range.
    """

    format: Format
    kernels: Kernels = "float32"
    eight_bit_input: bool = False
    max_drop: float = MAX_DROP

    def __post_init__(self) -> None:
        if self.format == "onnx" and self.kernels == "int8":
            raise ConfigError(
                "int8 for the format onnx",
                allowed="int8 with the format openvino",
                do="give the file the ending .xml, which is openvino's, or leave int8 out",
            )
        if not 0 <= self.max_drop < 1:
            raise ConfigError(
                f"the IoU that int8 may cost is {100 * self.max_drop:g} points",
                allowed="0 up to, not with, 100 points",
                do="give another number with --max-drop; half a point is usual",
            )

    def bounds(self, precision: str = "float32") -> Bounds:
        """Say what the parity gate asks for.

        Args:
            precision: What is computed in, "float32" or "bfloat16"; with kernels in int8, what
                those layers compute in that are not quantised.
        """
        bounds = BOUNDS[_BOUNDS[self.kernels]]
        if self.kernels != "int8":
            return BOUNDS["bf16"] if precision == "bfloat16" else bounds
        # Who allows more to be lost is not stopped for it.
        lost = max(bounds.iou_lost, self.max_drop)
        truth_lost = max(bounds.truth_iou_lost, self.max_drop)
        return replace(bounds, iou_lost=lost, truth_iou_lost=truth_lost)

    def files(self, out: Path) -> tuple[Path, ...]:
        """List the files of a model that is written to `out`."""
        return (out,) if self.format == "onnx" else (out, weights_of(out))

    def check(self, out: Path) -> None:
        """Refuse, before long work, what could not be done after it.

        Raises:
            ExportError: A package is missing.
            OutputError: `out` has another ending, or cannot be written.
        """
        suffix = SUFFIXES[self.format]
        if out.suffix.lower() != suffix:
            raise OutputError(
                f"{out} ends in '{out.suffix}'",
                allowed=f"a name that ends in {suffix} for the format {self.format}",
                do=f"name it {out.with_suffix(suffix)}, or choose another --format",
            )
        for path in self.files(out):
            check_writable(path)
        # OpenVINO reads the ONNX graph that is made on the way.
        require("onnx", "the export", self.format)
        require("onnxruntime" if self.format == "onnx" else "openvino", "the export", self.format)
        if self.kernels == "int8":
            prepare_nncf()
