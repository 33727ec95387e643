"""How truth pictures on disk code classes, and how they become masks.

A code knows the values a data set uses and nothing else: any other value or colour is an error
that names it, never silently a class. (Reading "everything that is not red" as road would turn
the void parts of KITTI Road, and every blended edge colour, into road.)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import MaskError
from roadfcn.label_sets import VOID

Colour = tuple[int, int, int]


class MaskCode(Protocol):
    """Turns a truth picture as stored into a mask."""

    def decode(self, picture: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
        """Give the mask, H,W uint8 with void; `path` is for messages.

        Raises:
            MaskError: The picture holds values that this code does not know.
        """
        ...


@dataclass(frozen=True)
class ColourCode:
    """Classes as exact RGB colours.

    Args:
        colours: Pairs of colour and mask value (a class index or void).
    """

    colours: tuple[tuple[Colour, int], ...]

    def decode(self, picture: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
        """Turn H,W,3 uint8 RGB into a mask.

        Raises:
            MaskError: The picture has one channel, or a colour that is no label.
        """
        if picture.ndim != 3:
            raise MaskError(
                f"the mask {path} has one channel (grey or palette)",
                allowed=f"8-bit RGB with the colours {self._listed()}",
                do="save it again as RGB in these colours",
            )
        packed = _pack(picture)
        mask = np.full(packed.shape, VOID, np.uint8)
        unknown = np.ones(packed.shape, np.bool_)
        for (red, green, blue), value in self.colours:
            here = packed == (red << 16 | green << 8 | blue)
            mask[here] = value
            unknown[here] = False
        if unknown.any():
            raise self._unknown_colours(packed[unknown], path)
        return mask

    def _unknown_colours(self, packed: NDArray[np.uint32], path: Path) -> MaskError:
        codes, counts = np.unique(packed, return_counts=True)
        most = np.argsort(-counts, kind="stable")[:3]
        named = ", ".join(
            f"{counts[i]} px of ({codes[i] >> 16}, {codes[i] >> 8 & 255}, {codes[i] & 255})"
            for i in most
        )
        more = f" and {len(codes) - 3} further colours" if len(codes) > 3 else ""
        return MaskError(
            f"the mask {path} holds {named}{more}",
            allowed=f"only the colours {self._listed()}",
            do="use the truth pictures as published; resized or JPEG copies blend the colours",
        )

    def _listed(self) -> str:
        return ", ".join(str(colour) for colour, _ in self.colours)


@dataclass(frozen=True)
class IndexCode:
    """Classes as pixel values of a one-channel picture.

    Args:
        classes: Number of classes.
        void_values: Values that mean void.
        class_values: Value of each class; 0..classes-1 if none are given.
    """

    classes: int
    void_values: tuple[int, ...]
    class_values: tuple[int, ...] = ()

    def decode(self, picture: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
        """Turn H,W uint8 values into a mask.

        Raises:
            MaskError: The picture has colours, or a value that is no label.
        """
        if picture.ndim != 2:
            raise MaskError(
                f"the mask {path} has RGB colours",
                allowed=f"8-bit grey or palette pictures with the values {self._listed()}",
                do="save it again with one class id per pixel",
            )
        counts = np.bincount(picture.ravel(), minlength=256)
        known = [*self._values(), *self.void_values]
        unknown = [value for value in np.flatnonzero(counts).tolist() if value not in known]
        if unknown:
            named = ", ".join(f"{counts[value]} px of value {value}" for value in unknown[:3])
            more = f" and {len(unknown) - 3} further values" if len(unknown) > 3 else ""
            raise MaskError(
                f"the mask {path} holds {named}{more}",
                allowed=f"only the values {self._listed()}",
                do="check that the mask belongs to this data set and was not saved as a photograph",
            )
        lookup = np.full(256, VOID, np.uint8)
        lookup[list(self._values())] = np.arange(self.classes)
        return lookup[picture]

    def _values(self) -> tuple[int, ...]:
        return self.class_values or tuple(range(self.classes))

    def _listed(self) -> str:
        listed = ", ".join(map(str, self.class_values)) or f"0..{self.classes - 1}"
        void = ", ".join(map(str, self.void_values))
        return f"{listed} and {void} for void" if void else listed


def _pack(picture: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Put each RGB colour into one number, so that it is compared in one go."""
    packed = np.zeros(picture.shape[:2], np.uint32)
    for channel, bits in enumerate((16, 8, 0)):
        packed |= picture[..., channel].astype(np.uint32) << np.uint32(bits)
    return packed
