"""Models converted for other engines, kept: each is converted once and found again by its hash.

    CACHE/converted/<model's hash>-<engine>-<its version>-<precision>-<roadfcn's>.<revision>/

A converted model has passed the parity gate in float32, or it is not kept; its card says whether
it has in bfloat16, which is tried where the processor is fast at it. That and the version of the
engine stand in the name, as both decide what the gate finds. A converted model needs no PyTorch,
so neither does a later run on the same model. It takes as much disk as the model does in float32,
and may be removed at any time. All of them together take at most `MOST_BYTES`: when one is added,
those go that were not used for the longest time, be it that their model was trained further or
that this program is of another version now.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from roadfcn import __version__
from roadfcn.backends.export_facts import EXPORT_KEY, export_facts
from roadfcn.downloads.cache_contents import contents, mark_used, remove
from roadfcn.downloads.cache_folder import cache_folder
from roadfcn.downloads.cache_lock import alone
from roadfcn.downloads.hashes import file_sha256, pin_path, sha256_of
from roadfcn.errors import ModelFileError, OutputError
from roadfcn.machine import read_processor
from roadfcn.model_card import ModelCard, read_card
from roadfcn.model_files import damaged, inspect_model_file, reading
from roadfcn.models.architecture import shortest
from roadfcn.output_files import atomic_folder, write_text

if TYPE_CHECKING:
    from roadfcn.export.pictures import PictureSet
    from roadfcn.label_sets import LabelSet

_log = logging.getLogger(__name__)

OtherEngine = Literal["onnx", "openvino"]
FILE_NAMES: dict[OtherEngine, str] = {"onnx": "model.onnx", "openvino": "model.xml"}
PACKAGES: dict[OtherEngine, str] = {"openvino": "openvino", "onnx": "onnxruntime"}
"""The package that runs a converted model, the fastest engine first."""

MOST_BYTES = 4 * 10**9
"""Of all that are kept: seven of the full VGG16, or hundreds of `slim`."""

REVISION = 3
"""Of the converter and its gate. To be raised within a version of roadfcn whenever a conversion
comes out otherwise (`export.engine_form`, `export.onnx`, `export.openvino`), or the gate compares
otherwise (`export.parity`, `export.bounds`): else those who converted before keep what is slower or
was let pass by mistake."""

_KIND = "converted"
_GATE_PICTURES, _GATE_SIZE = 3, (188, 621)
"""Scenes of the parity gate, half as large as KITTI's pictures: somebody waits for it. `roadfcn
export` takes more and larger ones, and pictures of one's own."""


@dataclass(frozen=True)
class ConvertedModel:
    """One model for one engine: where it is kept, or would be.

    Args:
        source: The `.safetensors` file.
        sha256: Of the source.
        engine: Which engine it is for.
        folder: Its place in the cache.
    """

    source: Path
    sha256: str
    engine: OtherEngine
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
    def state(self) -> tuple[int, int] | None:
        """What changes when it is converted anew; None if it is not here."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

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

    def check(self, card: ModelCard) -> None:
        """Make sure that what was found in its place came from its source, and is whole.

        Raises:
            ModelFileError: It came from another model, or it was changed, or its card.
            LabelSetError: The label set in the source's card is unusable.
        """
        rest = {key: value for key, value in card.provenance.items() if key != EXPORT_KEY}
        is_same = _plain(replace(card, provenance=rest)) == _plain(read_card(self.source))
        if export_facts(card).get("source_sha256") != self.sha256 or not is_same:
            raise ModelFileError(
                f"{self.path} was not converted from {self.source}, or its card was changed",
                allowed="what roadfcn put there itself",
                do="remove it: roadfcn cache clear converted",
            )
        with reading(self.path):  # of OpenVINO's two files the other's hash stands in this one
            noted, found = pin_path(self.path).read_bytes(), sha256_of(self.path)
        if not noted.startswith(found.encode()):
            raise damaged(self.path, "its bytes are not those that were compared")

    def convert(self, *, unusable: tuple[int, int] | None = None) -> None:
        """Make it, unless another process just has; whole or not at all.

        Args:
            unusable: The `state` in which it was found to be of no use: so it is made anew.

        Raises:
            ParityError: It does not answer as the model does, which is remembered.
            ExportError: It cannot be converted, or a package for the export is missing.
            ModelFileError: The model is damaged.
            LabelSetError: The label set in its card is unusable.
            OutputError: The cache cannot be written.
        """
        from roadfcn.export.parity import ParityError

        with alone(self.folder, f"converting {self.source}"):
            if self.is_here and (unusable is None or unusable != self.state):
                return
            # What is of no use, or is left where a part of it was removed by hand.
            shutil.rmtree(self.folder, ignore_errors=True)
            try:
                with atomic_folder(self.folder) as part:
                    made = part / self.path.name
                    _export(self, made)
                    write_text(pin_path(made), f"{sha256_of(made)}  {made.name}\n")
            except ParityError as problem:
                with contextlib.suppress(OutputError):  # then it is tried again
                    write_text(self._refusal_path, problem.found)
                raise
            _make_room(self.folder)

    def mark_used(self) -> None:
        """Note that it is used now, so that others go before it does."""
        mark_used(self.folder)


def converted_model(source: Path, engine: OtherEngine) -> ConvertedModel:
    """Give the place of a converted model; nothing is made.

    Args:
        source: A run folder or a `.safetensors` file.
        engine: Which engine it is for.

    Raises:
        ModelFileError: The source is missing, unreadable or of another kind.
    """
    file = inspect_model_file(source).path
    with reading(file):
        sha256 = file_sha256(file)
    fast = engine == "openvino" and read_processor().has_bfloat16
    folder = kept_place(sha256, engine, PACKAGES[engine], "bfloat16" if fast else "float32")
    return ConvertedModel(file, sha256, engine, folder)


def kept_place(sha256: str, engine: str, package: str, precision: str) -> Path:
    """Give the place of what is found out about a model, an engine and a precision."""
    try:
        version = metadata.version(package)
    except metadata.PackageNotFoundError:  # some distributions leave out what pip writes
        version = "unknown"
    name = f"{sha256}-{engine}-{version}-{precision}-{__version__}.{REVISION}"
    return cache_folder() / _KIND / name


def gate_pictures(label_set: LabelSet) -> PictureSet:
    """Paint the scenes that engines are compared on before one is taken."""
    from roadfcn.export.exporting import GATE_SEED
    from roadfcn.export.pictures import scene_pictures

    return scene_pictures(label_set, _GATE_PICTURES, seed=GATE_SEED, size=_GATE_SIZE)


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
    from roadfcn.export.exporting import export_model
    from roadfcn.export.plan import Plan

    pictures = gate_pictures(read_card(model.source).label_set)
    export_model(model.source, path, Plan(model.engine), pictures=pictures)


def _plain(card: ModelCard) -> ModelCard:
    """Give a card as a version of any age would have written it."""
    return replace(card, architecture=shortest(card.architecture))
