"""What a network in another engine's form must take and give, and what is said where it fails.

The form is that of `protocol.Backend.logits`: an input "pictures" and an output "logits", so that
whoever runs a network need not know which engine does. Engines describe themselves in their own
terms; here it is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ModelFileError
from roadfcn.installation import how_to_install

INPUT, OUTPUT = "pictures", "logits"

_EXPORT = "export the model with roadfcn export, or give the .safetensors file it came from"


@dataclass(frozen=True)
class Port:
    """An input or output of a network.

    Args:
        name: As the file has it.
        dtype: As numpy calls it.
        shape: None stands for any size.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        sizes = ",".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.name} ({sizes} {self.dtype})"


def check_ports(path: Path, inputs: Sequence[Port], outputs: Sequence[Port], classes: int) -> None:
    """Compare what a file declares with what the card promises.

    Args:
        path: The model, for messages.
        inputs: All of them.
        outputs: All of them.
        classes: How many classes the card has.

    Raises:
        ModelFileError: Another input or output, sizes that are fixed, or other channels.
    """
    if [port.name for port in inputs] != [INPUT] or [port.name for port in outputs] != [OUTPUT]:
        raise _another_network(path, f"takes {_listed(inputs)} and gives {_listed(outputs)}")
    pictures, logits = inputs[0], outputs[0]
    if pictures.dtype == "uint8":
        raise ModelFileError(
            f"{path} takes 8-bit pictures: it was exported for other programs, with what comes "
            "before the network inside",
            allowed="a model that takes what its card describes",
            do="export it again without --input uint8",
        )
    whole = {pictures.dtype, logits.dtype} == {"float32"} and len(logits.shape) == 4
    if not whole or len(pictures.shape) != 4 or pictures.shape[1] != 3:
        raise _another_network(path, f"takes {pictures} and gives {logits}")
    if any(pictures.shape[axis] is not None for axis in (0, 2, 3)):
        raise ModelFileError(
            f"{path} takes {pictures}, one size of pictures only",
            allowed="a network for any number of pictures of any size",
            do=_EXPORT,
        )
    if logits.shape[1] not in (classes, None):
        raise _wrong_channels(path, logits.shape[1], classes)


def checked_scores(
    path: Path, scores: NDArray[np.float32], batch: tuple[int, ...], classes: int
) -> NDArray[np.float32]:
    """Give a network's scores if they are of the shape that was promised.

    Args:
        path: The model, for messages.
        scores: What came out.
        batch: The shape of what went in: N,3,H,W.
        classes: How many classes the card has.

    Raises:
        ModelFileError: Another shape.
    """
    wanted = (batch[0], classes, *batch[2:])
    if scores.shape != wanted:
        if scores.ndim == 4 and scores.shape[1] != classes:
            raise _wrong_channels(path, scores.shape[1], classes)
        raise _another_network(path, f"gives {scores.shape} for pictures of shape {batch}")
    return scores


def missing_engine(
    engine: str, extra: str, path: Path, problem: Exception | None = None
) -> ModelFileError:
    """Give the error where an engine's package is not installed, or does not load."""
    state = "is not installed" if problem is None else f"cannot be loaded: {problem}"
    return ModelFileError(
        f"{path} needs {engine}, which {state}",
        allowed=f"an installation with the extra '{extra}'",
        do=how_to_install(extra),
    )


def cannot_load(engine: str, path: Path, problem: Exception) -> ModelFileError:
    """Give the error where an engine refuses a file."""
    return ModelFileError(
        f"{engine} cannot load {path}: {_reason(problem)}",
        allowed="a whole file that this version of the engine can read",
        do="copy it again, upgrade the engine if the file is newer, or export the model again",
    )


def cannot_run(
    engine: str, path: Path, batch: tuple[int, ...], problem: Exception
) -> ModelFileError:
    """Give the error where an engine fails at a picture."""
    height, width = batch[2:]
    return ModelFileError(
        f"{engine} fails to run {path} on {batch[0]} x {height} x {width} pixels: "
        f"{_reason(problem)}",
        allowed="pictures for which there is enough memory, and a network without faults",
        do="try a smaller picture, or the .safetensors file that the model was exported from",
    )


def _reason(problem: Exception) -> str:
    return " ".join(str(problem).split())[:1000]


def _listed(ports: Sequence[Port]) -> str:
    return ", ".join(map(str, ports)) or "nothing"


def _another_network(path: Path, found: str) -> ModelFileError:
    return ModelFileError(
        f"{path} {found}",
        allowed=f"{INPUT} (?,3,?,? float32) in and {OUTPUT} (?,classes,?,? float32) out, of the "
        "same height and width",
        do=_EXPORT,
    )


def _wrong_channels(path: Path, channels: int | None, classes: int) -> ModelFileError:
    return ModelFileError(
        f"{path} gives {channels} channels, and its card has {classes} classes",
        allowed="one channel for each class of the card",
        do=_EXPORT,
    )
