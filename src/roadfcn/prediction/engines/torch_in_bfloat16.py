"""Whether PyTorch may compute a model in bfloat16 on the processor: by the same gate as others.

What comes out is noted in the cache, beside the converted models, and asked for once:

    CACHE/converted/<model>-torch-<version>-bfloat16-<version of roadfcn>.<revision>.compared

where <model> is the hash of its file. The note is empty where all figures are within bounds, and
else says which are not.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from roadfcn.backends.opening import open_backend
from roadfcn.downloads.hashes import file_sha256
from roadfcn.errors import OutputError
from roadfcn.model_card import read_card
from roadfcn.model_files import inspect_model_file, reading
from roadfcn.output_files import write_text
from roadfcn.prediction.engines.converted_models import gate_pictures, kept_place

_log = logging.getLogger(__name__)


def answers_alike(source: Path, *, may_compare: bool, say: Callable[[str], None]) -> bool:
    """Tell whether a model gives the labels of float32 in bfloat16, as PyTorch computes it here.

    Args:
        source: A run folder or a `.safetensors` file.
        may_compare: Compare now, which takes some seconds, if that was not done before; else what
            is not known counts as no.
        say: Called with a line for the user before what takes long.

    Raises:
        ModelFileError: The model is missing, damaged, or PyTorch cannot be loaded.
        LabelSetError: The label set in the model's card is unusable.
    """
    file = inspect_model_file(source).path
    with reading(file):
        place = kept_place(file_sha256(file), "torch", "torch", "bfloat16")
    note = place.with_name(f"{place.name}.compared")
    reasons = _read(note)
    if reasons is None:
        if not may_compare:
            return False
        say(f"comparing {file.name} in bfloat16 with float32, once; it is noted in {note.parent}")
        reasons = _compare(file)
        with contextlib.suppress(OutputError):  # then it is compared again
            write_text(note, reasons)
    if reasons:
        _log.info("%s is not run by torch in bfloat16: %s", file, reasons)
    return not reasons


def _read(note: Path) -> str | None:
    try:
        return note.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _compare(file: Path) -> str:
    """Say which figures are out of bounds; nothing if none is."""
    from roadfcn.export.bounds import BOUNDS
    from roadfcn.export.parity import measure_parity

    reference, candidate = (
        open_backend(file, device="cpu", precision=precision, engine="torch")
        for precision in ("float32", "bfloat16")
    )
    pictures = gate_pictures(read_card(file).label_set)
    parity = measure_parity(reference, candidate, pictures)
    reasons = parity.failures(BOUNDS["bf16"])
    return "; ".join([*reasons, parity.blind] if parity.blind else reasons)
