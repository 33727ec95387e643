"""Models converted for other engines, kept: each is converted once and found again by its hash.

    CACHE/converted/<hash of the model>-<engine>-<precision>-<version of roadfcn>/model.onnx

A converted model has passed the parity gate, or it is not kept. It needs no PyTorch, so neither
does a later run on the same model. It takes as much disk as the model does in float32, and may be
removed at any time. All of them together take at most `MOST_BYTES`: when one is added, those go
that were not used for the longest time, be it that their model was trained further or that this
program is of another version now.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from roadfcn import __version__
from roadfcn.downloads.cache_contents import contents, mark_used, remove
from roadfcn.downloads.cache_folder import cache_folder
from roadfcn.downloads.cache_lock import alone
from roadfcn.downloads.hashes import sha256_of
from roadfcn.errors import ExportError, OutputError
from roadfcn.model_card import read_card
from roadfcn.model_files import inspect_model_file, reading
from roadfcn.output_files import atomic_folder, write_text

_log = logging.getLogger(__name__)

OtherEngine = Literal["onnx", "openvino"]
FILE_NAMES: dict[OtherEngine, str] = {"onnx": "model.onnx", "openvino": "model.xml"}

MOST_BYTES = 4 * 10**9
"""Of all that are kept: seven of the full VGG16, or hundreds of `slim`."""

_KIND = "converted"
_GATE_PICTURES, _GATE_SIZE = 3, (188, 621)
"""Scenes of the parity gate, half as large as KITTI's pictures: somebody waits for it. `roadfcn
export` takes more and larger ones, and pictures of one's own."""


@dataclass(frozen=True)
class ConvertedModel:
    """One model for one engine and precision: where it is kept, or would be.

    Args:
        source: The `.safetensors` file.
        engine: Which engine it is for.
        precision: What it computes in, "float32" or "bfloat16": the gate has tried it so.
        folder: Its place in the cache.
    """

    source: Path
    engine: OtherEngine
    precision: str
    folder: Path

    @property
    def path(self) -> Path:
        """The file that the engine opens."""
        return self.folder / FILE_NAMES[self.engine]

    @property
    def is_here(self) -> bool:
        """Whether it has been converted before."""
        return self.path.is_file()

    @property
    def refusal(self) -> str | None:
        """Why it did not pass the parity gate before; None if it did, or was never tried."""
        try:
            return self._refusal_path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    @property
    def _refusal_path(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.refused")

    def convert(self) -> None:
        """Make it, unless another process just has; whole or not at all.

        Raises:
            ExportError: It does not answer as the model does, which is remembered; or a package
                for the export is missing.
            ModelFileError: The model is damaged.
            LabelSetError: The label set in its card is unusable.
            OutputError: The cache cannot be written.
        """
        with alone(self.folder, f"converting {self.source}"):
            if self.is_here:
                return
            self.discard()  # what is left where a part of it was removed by hand
            try:
                with atomic_folder(self.folder) as part:
                    _export(self, part / self.path.name)
            except ExportError as problem:
                with contextlib.suppress(OutputError):  # then it is tried again
                    write_text(self._refusal_path, problem.found)
                raise
            _make_room(self.folder)

    def mark_used(self) -> None:
        """Note that it is used now, so that others go before it does."""
        mark_used(self.folder)

    def discard(self) -> None:
        """Remove it, so that it is converted anew."""
        shutil.rmtree(self.folder, ignore_errors=True)


def converted_model(source: Path, engine: OtherEngine, precision: str) -> ConvertedModel:
    """Give the place of a converted model; nothing is made.

    Args:
        source: A run folder or a `.safetensors` file.
        engine: Which engine it is for.
        precision: "float32" or "bfloat16".

    Raises:
        ModelFileError: The source is missing, unreadable or of another kind.
    """
    file = inspect_model_file(source).path
    with reading(file):
        name = f"{sha256_of(file)}-{engine}-{precision}-{__version__}"
    return ConvertedModel(file, engine, precision, cache_folder() / _KIND / name)


def _make_room(newest: Path) -> None:
    """Remove what was used the longest time ago until the rest is within `MOST_BYTES`."""
    kept = contents(_KIND)
    total = sum(one.size_bytes for one in kept)
    for one in kept:
        if total <= MOST_BYTES:
            return
        if one.path == newest:
            continue
        with contextlib.suppress(OutputError):  # in use; the next conversion tries again
            if remove(one):
                total -= one.size_bytes
                _log.info("not used since the longest time, so removed: %s", one.path)


def _export(model: ConvertedModel, path: Path) -> None:
    """Convert through the exporter, which compares both and loads PyTorch for it."""
    from roadfcn.export.exporting import GATE_SEED, export_model
    from roadfcn.export.pictures import scene_pictures
    from roadfcn.export.plan import Plan

    label_set = read_card(model.source).label_set
    pictures = scene_pictures(label_set, _GATE_PICTURES, seed=GATE_SEED, size=_GATE_SIZE)
    plan = Plan(model.engine, bfloat16=model.precision == "bfloat16")
    export_model(model.source, path, plan, pictures=pictures)
