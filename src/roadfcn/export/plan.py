"""What a model is to be exported as, and what may be asked for together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from roadfcn.converted_files.openvino_header import weights_of
from roadfcn.errors import ConfigError, OutputError
from roadfcn.export.bounds import BOUNDS, Bounds
from roadfcn.export.int8 import Quantisation, prepare_nncf
from roadfcn.export.packages import require
from roadfcn.output_files import check_writable

Format = Literal["onnx", "openvino"]
SUFFIXES: dict[Format, str] = {"onnx": ".onnx", "openvino": ".xml"}
"""How the files end that are written."""


@dataclass(frozen=True)
class Plan:
    """What to export a model as.

    Args:
        format: "onnx" or "openvino".
        half: Keep kernels in float16; computed is in float32 all the same.
        eight_bit_input: Take N,H,W,3 uint8 RGB pictures, with the preprocessing inside, for other
            programs. Else the model takes what its card describes, for roadfcn.
        quantisation: Compute in 8-bit integers; only for "openvino".
        bfloat16: Compare as it computes in bfloat16, and by the bounds for that; "openvino" only.
            The file is the same.

    Raises:
        ConfigError: Values that exclude each other.
    """

    format: Format
    half: bool = False
    eight_bit_input: bool = False
    quantisation: Quantisation | None = None
    bfloat16: bool = False

    def __post_init__(self) -> None:
        if self.format == "onnx" and (self.quantisation is not None or self.bfloat16):
            raise ConfigError(
                f"{'int8' if self.quantisation is not None else 'bfloat16'} for the format onnx",
                allowed="int8 and bfloat16 with the format openvino",
                do="export with --format openvino, or in float32",
            )
        if self.quantisation is not None and self.half:
            raise ConfigError(
                "int8 and f16 at once",
                allowed="one of them: int8 models keep few floats",
                do="leave out --precision f16, or --int8",
            )
        if self.bfloat16 and self.eight_bit_input:
            raise ConfigError(
                "bfloat16 for a model that takes 8-bit pictures",
                allowed="a comparison in float32 for these",
                do="leave one of them out",
            )

    @property
    def kernels(self) -> str:
        """What the kernels are kept in."""
        if self.quantisation is not None:
            return "int8"
        return "float16" if self.half else "float32"

    @property
    def bounds(self) -> Bounds:
        """What the parity gate asks for."""
        if self.quantisation is not None:
            bounds = BOUNDS["int8"]
            # Who allows more to be lost is not stopped for it.
            most = max(bounds.truth_iou_lost, self.quantisation.max_drop)
            return replace(bounds, truth_iou_lost=most, iou_lost=max(bounds.iou_lost, most))
        if self.bfloat16:
            return BOUNDS["bf16"]
        return BOUNDS["f16" if self.half else "f32"]

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
        if self.quantisation is not None:
            prepare_nncf()
