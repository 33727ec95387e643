"""Large pictures in overlapping windows, so that memory does not grow with the picture.

A network's scores near the edge of a window lack what lies beyond it. So windows overlap, and in
the middle of an overlap the scores of one go over into those of the other, along a cosine over at
most 32 px; what lies further out is not used. Where half of the overlap, less half of that
transition, is at least as far as the network looks (`models.reach`), the scores are those of the
whole picture.

Windows begin at multiples of 32, the network's stride: on any other grid its coarse cells would
lie elsewhere, and it would answer a little differently. They are run row of windows by row of
windows, from the top, and a row's scores are given away before the next one begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import ConfigError, shown

GRID = 32
"""Windows begin at multiples of this: the stride of the networks' coarsest map, in px."""

WHOLE_UP_TO = 2**22
"""With "auto", pictures that the network sees in at most so many pixels are run in one piece."""

AUTO_TILE = (1088, 2048)
"""Height and width of the windows of larger ones, in px, or twice the overlap that the network
needs if that is more. They are lower than wide because a row of windows is in memory with the
scores of all classes, and goes across the whole picture."""

_TRANSITION = 32
_SMALLEST, _LARGEST = 64, 16384
_PX = re.compile(r"[0-9]{1,9}")  # Python reads no number of thousands of digits

Score = Callable[[slice, slice], NDArray[np.float32]]
"""Gives the scores C,h,w of the window at these rows and columns."""


@dataclass(frozen=True)
class Tiling:
    """Whether, and how, a large picture is cut into windows.

    Sizes are those in which the network sees the picture: a model whose input format shrinks
    pictures needs no windows for them.

    Args:
        tile: Height and width of a window in px, a multiple of 32; "auto" for windows of
            `AUTO_TILE` where there are more than `WHOLE_UP_TO` pixels; None for the whole picture
            in one piece.
        overlap: Px that neighbouring windows share at least, a multiple of 32, at most half of
            a window; "auto" for as many as make the result that of the whole picture, or half of
            a window if that is less.

    Raises:
        ConfigError: A value out of range.
    """

    tile: int | Literal["auto"] | None = "auto"
    overlap: int | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        tile, overlap = self.tile, self.overlap
        if isinstance(tile, int) and not (_SMALLEST <= tile <= _LARGEST and tile % GRID == 0):
            raise _no_tiling(f"windows of {tile} px")
        most = (min(AUTO_TILE) if tile == "auto" else tile or _LARGEST) // 2
        if isinstance(overlap, int) and not (GRID <= overlap <= most and overlap % GRID == 0):
            raise _no_tiling(f"an overlap of {overlap} px for windows of {tile or 'no'} px")

    def tile_for(self, height: int, width: int, reach: int) -> tuple[int, int] | None:
        """Give (height, width) of the windows for a picture of this size; None for one piece.

        With "auto" they leave room for the overlap of a network that looks `reach` far.
        """
        if self.tile == "auto":
            if height * width <= WHOLE_UP_TO:
                return None
            least = 2 * covering_overlap(reach)
            return max(AUTO_TILE[0], least), max(AUTO_TILE[1], least)
        if self.tile is None or max(height, width) <= self.tile:
            return None
        return self.tile, self.tile

    def overlap_for(self, tile: tuple[int, int], reach: int) -> int:
        """Give the overlap of windows of (height, width) for a network that looks `reach` far."""
        if self.overlap != "auto":
            return self.overlap
        return min(covering_overlap(reach), min(tile) // 2 // GRID * GRID)

    def thin_overlap(self, tile: tuple[int, int], reach: int) -> str | None:
        """Say what is wrong with an overlap that does not cover what the network sees, or None."""
        overlap, covering = self.overlap_for(tile, reach), covering_overlap(reach)
        if overlap >= covering:
            return None
        return (
            f"windows of {tile[0]} x {tile[1]} px overlap by {overlap} px, and only from "
            f"{covering} px on are labels those of the whole picture: near the seams a few may "
            f"differ; windows of {2 * covering} px or more, with overlap auto, overlap enough"
        )


def check_tiling(tiling: object) -> None:
    """Refuse what is no `Tiling`, such as `tiling=1024`; None is fine.

    Raises:
        ConfigError: It is none.
    """
    if not (tiling is None or isinstance(tiling, Tiling)):
        raise ConfigError(
            f"the windows of large pictures are given as {tiling!r}",
            allowed="a roadfcn.Tiling, or None for one that suits the picture",
            do="write tiling=Tiling(1024)",
        )


def covering_overlap(reach: int) -> int:
    """Give the smallest overlap in which no score that is used depends on a window's edge.

    It is 544 px for the whole VGG16 as FCN-8s.
    """
    return -(-(2 * reach + _TRANSITION) // GRID) * GRID


def read_tiling(tile: str, overlap: str) -> Tiling:
    """Read what a command line has: "auto", "none" or px; "auto" or px.

    Raises:
        ConfigError: Neither, or out of range.
    """
    is_read = tile in ("auto", "none") or _PX.fullmatch(tile)
    if not (is_read and (overlap == "auto" or _PX.fullmatch(overlap))):
        raise _no_tiling(f"windows of {shown(tile)} px that overlap by {shown(overlap)}")
    return Tiling(
        None if tile == "none" else "auto" if tile == "auto" else int(tile),
        "auto" if overlap == "auto" else int(overlap),
    )


@dataclass(frozen=True, eq=False)
class Span:
    """One window along one axis, in px.

    Args:
        start: Where it begins.
        stop: Where it ends, without that pixel.
        first: Where its scores begin to count.
        weights: By how much they count, from `first` on, float32 in 0..1; over all windows they
            sum to 1 at every pixel.
        settled: Where the next window's scores begin to count.
    """

    start: int
    stop: int
    first: int
    weights: NDArray[np.float32]
    settled: int

    @property
    def last(self) -> int:
        """Where its scores no longer count."""
        return self.first + len(self.weights)


def spans(length: int, tile: int, overlap: int) -> list[Span]:
    """Lay windows along an axis: all of `tile` px, or shorter by less than 32 px at its end."""
    step = tile - overlap
    starts = list(range(0, max(1, length - tile), step))
    # One more, as far back from the end as the grid allows.
    if length > tile:
        starts.append(-(-(length - tile) // GRID) * GRID)
    starts = sorted(set(starts))
    stops = [min(start + tile, length) for start in starts]
    width = min(_TRANSITION, overlap // 2)
    # Between neighbours: where the transition from one to the other begins.
    turns = [
        (start + stop - width) // 2 for start, stop in zip(starts[1:], stops[:-1], strict=True)
    ]
    rising = _rising(width)
    laid = []
    for start, stop, before, after in zip(
        starts, stops, [None, *turns], [*turns, None], strict=True
    ):
        first = 0 if before is None else before
        weights = np.ones((length if after is None else after + width) - first, np.float32)
        if before is not None:
            weights[:width] = rising
        if after is not None:
            weights[-width:] = 1 - rising
        laid.append(Span(start, stop, first, weights, length if after is None else after))
    return laid


def count_windows(size: tuple[int, int], tile: tuple[int, int], overlap: int) -> int:
    """Give how many windows a picture of (height, width) is cut into; see `tiled_rows`."""
    return len(spans(size[0], tile[0], overlap)) * len(spans(size[1], tile[1], overlap))


def tiled_rows(
    score: Score, size: tuple[int, int], tile: tuple[int, int], overlap: int
) -> Iterator[NDArray[np.float32]]:
    """Give the scores of a picture from the top down: C,n,W float32, n rows at a time.

    Args:
        score: The network, window by window.
        size: Height and width of the picture.
        tile: Height and width of the windows.
        overlap: Px that they share.
    """
    height, width = size
    across = spans(width, tile[1], overlap)
    carried: NDArray[np.float32] | None = None
    for down in spans(height, tile[0], overlap):
        band: NDArray[np.float32] | None = None
        kept = slice(down.first - down.start, down.last - down.start)
        for span in across:
            scores = score(slice(down.start, down.stop), slice(span.start, span.stop))
            if band is None:
                band = np.zeros((len(scores), len(down.weights), width), np.float32)
            scores = scores[:, kept, span.first - span.start : span.last - span.start]
            band[..., span.first : span.last] += scores * span.weights
        assert band is not None
        band *= down.weights[:, None]
        if carried is not None:
            band[:, : carried.shape[1]] += carried
        done = down.settled - down.first
        carried = band[:, done:].copy()
        yield band[:, :done]


def _rising(width: int) -> NDArray[np.float32]:
    """Give weights that rise from 0 to 1 along half a cosine, at the middles of `width` pixels."""
    middles = (np.arange(width) + 0.5) / width
    return (0.5 - 0.5 * np.cos(np.pi * middles)).astype(np.float32)


def _no_tiling(found: str) -> ConfigError:
    return ConfigError(
        f"a picture cannot be cut into {found}",
        allowed=f"windows of {_SMALLEST} to {_LARGEST} px, auto or none; an overlap of {GRID} px "
        f"to half a window, or auto; all multiples of {GRID}",
        do="leave both at auto, or give other numbers, such as --tile 1024 --tile-overlap 256, "
        "Tiling(1024, 256) in Python",
    )
