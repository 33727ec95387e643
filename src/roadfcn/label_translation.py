"""From fine classes to coarse ones: truth is folded, probabilities are summed, void stays void.

So a model of 11 classes can be scored on a data set that knows only road and not road.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import LabelSetError
from roadfcn.label_sets import REST, VOID, LabelSet


@dataclass(frozen=True)
class Translation:
    """A map from the classes of a fine set to those of a coarse one.

    Args:
        fine: The set translated from.
        coarse: The set translated to.
        table: For each fine index, the coarse index.
    """

    fine: LabelSet
    coarse: LabelSet
    table: tuple[int, ...]

    def fold_mask(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn a mask of fine indices (H,W uint8) into coarse ones; void stays void."""
        lookup = np.full(256, VOID, np.uint8)
        lookup[: len(self.table)] = self.table
        return lookup[mask]

    def sum_probabilities(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn fine probabilities (C,H,W float32) into coarse ones by adding what folds together.

        Deciding on the sums is not the same as folding the decision: a pixel at 0.3 building,
        0.3 tree and 0.4 road is not road.
        """
        coarse = np.zeros((len(self.coarse), *probabilities.shape[1:]), np.float32)
        for fine_index, coarse_index in enumerate(self.table):
            coarse[coarse_index] += probabilities[fine_index]
        return coarse


def translate(fine: LabelSet, coarse: LabelSet) -> Translation:
    """Match classes by name; what the coarse set does not name becomes its "background".

    Raises:
        LabelSetError: A coarse class has no fine counterpart (nothing would ever be it), or a
            fine class has no place to go.
    """
    absent = [name for name in coarse.classes if name != REST and name not in fine.classes]
    homeless = [name for name in fine.classes if name not in coarse.classes]
    if absent or (homeless and REST not in coarse.classes):
        reason = (
            f"'{fine.name}' lacks {', '.join(absent)}"
            if absent
            else f"'{coarse.name}' has no place for {', '.join(homeless)}"
        )
        raise LabelSetError(
            f"label set '{fine.name}' cannot be translated to '{coarse.name}': {reason}",
            allowed=f"a finer set that has each of {', '.join(coarse.classes)}",
            do="use a model and a data set whose classes have the same names",
        )
    return Translation(
        fine,
        coarse,
        tuple(coarse.index(name if name in coarse.classes else REST) for name in fine.classes),
    )


def common_label_set(first: LabelSet, second: LabelSet) -> LabelSet:
    """Give the coarser of two sets: the one that the other translates to.

    Raises:
        LabelSetError: Neither translates to the other.
    """
    if first.classes == second.classes:
        return first
    for fine, coarse in ((first, second), (second, first)):
        try:
            translate(fine, coarse)
        except LabelSetError:
            continue
        return coarse
    raise LabelSetError(
        f"label sets '{first.name}' ({', '.join(first.classes)}) and "
        f"'{second.name}' ({', '.join(second.classes)}) have no common classes to score on",
        allowed="two sets of which one is a coarser form of the other",
        do="use a model trained on this data set's classes",
    )
