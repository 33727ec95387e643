"""From foreign names to ours, by tables; all that does not fit comes in one message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from roadfcn.errors import ModelFileError
from roadfcn.weights.foreign import Arrays
from roadfcn.weights.layouts import Array, LayoutError, finite
from roadfcn.weights.vgg16_shape import CONVOLUTIONS, misfits, shapes_of


@dataclass(frozen=True)
class Entry:
    """One line of a table.

    Args:
        theirs: The tensor's name in the foreign file.
        ours: Its name in `models.fcn.FCN`'s state.
        layout: From their memory layout to torch's, one of `layouts`.
    """

    theirs: str
    ours: str
    layout: Callable[[Array], Array]


def assemble(
    path: Path,
    kind: str,
    found: Mapping[str, Array],
    table: Sequence[Entry],
    *,
    left_out: Iterable[str] = (),
) -> Arrays:
    """Give the arrays of a file our names and layouts.

    Args:
        path: Named in errors.
        kind: What the file is, in words, such as "torchvision's VGG16".
        found: All arrays of the file by its own names.
        table: A line for each tensor that must be there; it has to hold all of VGG16's
            convolutions. The reader chooses the table by what the file holds.
        left_out: Names in `found` that are known and not wanted.

    Returns:
        float32, contiguous, in memory of their own.

    Raises:
        ModelFileError: Tensors are missing, unknown, misshapen or not finite; all of them listed.
    """
    named = {entry.theirs: entry for entry in table}
    problems = [f"{name} is missing" for name in named if name not in found]
    known = set(named) | set(left_out)
    problems += [f"{name} is unknown" for name in found if name not in known]
    tensors: Arrays = {}
    for name, entry in named.items():
        if name not in found:
            continue
        try:
            converted = entry.layout(np.asarray(found[name]))
        except LayoutError as problem:
            problems.append(f"{name} {problem}")
            continue
        tensors[entry.ours] = np.array(converted, np.float32, order="C")
        if not finite(tensors[entry.ours]):
            problems.append(f"{name} has values that are not finite")
    theirs = {entry.ours: entry.theirs for entry in table}
    if all(f"encoder.{layer}.weight" in tensors for layer in CONVOLUTIONS):
        problems += [f"{theirs[ours]} {odd}" for ours, odd in misfits(shapes_of(tensors))]
    if problems:
        raise ModelFileError(
            f"{path} looks like {kind}, but its tensors do not fit: {'; '.join(problems)}",
            allowed=f"exactly the tensors of {kind}, at VGG16's sizes or all narrower alike",
            do="fetch or save the file again, or give one of a kind that "
            "'roadfcn weights import --help' lists",
        )
    return tensors
