"""The outlines of what lies flat on the ground: patches, cracks, lids, arrows, words, boxes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.description.conditions import Decal
from roadfcn.scenes.surfaces.letters import stroke_quads, write

Outline = NDArray[np.float64]
"""N,2 corners (s, z)."""

_CUTS_M = np.array([4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 90])
"""Where long outlines are cut: pieces shrink with the distance about as fast as they are seen."""


def _box(left: float, right: float, near: float, far: float) -> Outline:
    return np.array([[left, near], [right, near], [right, far], [left, far]], np.float64)


def _bar(decal: Decal) -> list[Outline]:
    """A rectangle; long ones in pieces, because far ones may be thinner than a pixel."""
    half_width, near, far = decal.width_m / 2, -decal.length_m / 2, decal.length_m / 2
    cuts = _CUTS_M - decal.z_m
    limits = [near, *cuts[(cuts > near + 1) & (cuts < far - 1)], far]
    return [_box(-half_width, half_width, start, end) for start, end in pairwise(limits)]


def _blot(decal: Decal) -> list[Outline]:
    """A stain, a pothole or, with variant 0, a round lid."""
    angles = np.arange(20) * (2 * np.pi / 20)
    radius = np.ones(20)
    if decal.variant:
        rough = np.random.default_rng(decal.variant).normal(0, 0.35, 5)
        for wave, size in enumerate(rough, start=2):
            radius += size / wave * np.cos(wave * angles + size * 9)
        np.maximum(radius, 0.2, out=radius)
    return [
        np.column_stack(
            [
                decal.width_m / 2 * radius * np.cos(angles),
                decal.length_m / 2 * radius * np.sin(angles),
            ]
        )
    ]


def _crack(decal: Decal) -> list[Outline]:
    """A jagged line from one corner of its box to another, as broad as the variant says."""
    rng = np.random.default_rng(decal.variant)
    steps = int(np.clip(max(decal.width_m, decal.length_m) / 0.45, 3, 26))
    along = np.linspace(-0.5, 0.5, steps)
    wander = np.cumsum(rng.normal(0, 0.12, steps))
    s_m = along * decal.width_m + (wander - wander.mean()) * min(1.0, decal.length_m)
    z_m = along * decal.length_m * (-1) ** decal.variant + rng.normal(0, 0.06, steps)
    half = (0.006, 0.01, 0.025, 0.045)[decal.variant % 4]
    # In pieces, because the far end may be thinner than a pixel when the near one is not.
    return [
        np.column_stack(
            [
                np.concatenate([s_m[part] - half, s_m[part][::-1] + half]),
                np.concatenate([z_m[part] - half, z_m[part][::-1] + half]),
            ]
        )
        for part in (slice(start, start + 5) for start in range(0, steps - 1, 4))
    ]


def _grate(decal: Decal) -> list[Outline]:
    """The slots of a gully."""
    step = decal.width_m / 7
    return [
        _box(left, left + step, -decal.length_m / 2, decal.length_m / 2)
        for left in -decal.width_m / 2 + step * np.arange(0, 7, 2)
    ]


def _arrow(decal: Decal) -> list[Outline]:
    """An arrow ahead, left, right, or ahead and to a side."""
    width, length = decal.width_m, decal.length_m
    shaft = 0.15
    head = np.array([[-0.5 * width, 0.2 * length], [0.5 * width, 0.2 * length], [0, 0.5 * length]])
    ahead = [_box(-shaft / 2, shaft / 2, -0.5 * length, 0.22 * length), head * (0.75, 1)]
    aside = [
        _box(-shaft / 2, shaft / 2, -0.5 * length, 0.1 * length),
        np.array([[0, 0.1], [0.2, 0.16], [0.2, 0.24], [-0.08, 0.12]]) * (width, length),
        np.array([[0.2, 0.08], [0.55, 0.2], [0.2, 0.34]]) * (width, length),
    ]
    which = decal.variant % 4
    if which == 0:
        return ahead
    turned = [outline * (1 if which != 2 else -1, 1) for outline in aside]
    return turned if which < 3 else [*ahead, *(outline * (1, 0.7) for outline in turned[1:])]


def _word(decal: Decal) -> list[Outline]:
    return write(decal.text, decal.width_m, decal.length_m)


def _zigzag(decal: Decal) -> list[Outline]:
    """The line beside a British crossing: pieces of two metres, to and fro."""
    count = max(2, int(decal.length_m / 2))
    s_m = decal.width_m * (np.arange(count + 1) % 2 - 0.5)
    z_m = (np.arange(count + 1) / count - 0.5) * decal.length_m
    return stroke_quads(np.column_stack([s_m, z_m]), (0.12, 0.12))


def _hatch(decal: Decal) -> list[Outline]:
    """Slanting bars between two lines, where nobody shall drive."""
    half, length = decal.width_m / 2, decal.length_m
    edges = [_box(side - 0.06, side + 0.06, -length / 2, length / 2) for side in (-half, half)]
    slant = 2 * half
    bars = [
        np.array([[-half, z], [half, z + slant], [half, z + slant + 0.5], [-half, z + 0.5]])
        for z in np.arange(-length / 2, length / 2 - slant, 1.6)
    ]
    return edges + bars


def _grid(decal: Decal) -> list[Outline]:
    """A yellow box that must be kept clear: diagonals both ways within a frame."""
    half_s, half_z = decal.width_m / 2, decal.length_m / 2
    frame = np.array([[-half_s, -half_z], [half_s, -half_z], [half_s, half_z], [-half_s, half_z]])
    lines = stroke_quads(np.vstack([frame, frame[:1]]), (0.16, 0.16))
    for way in (-1, 1):
        for start in np.arange(-half_s - half_z, half_s + half_z, 1.3):
            # The points of s = start + way z within the box.
            z = np.clip(np.sort(way * (np.array([-half_s, half_s]) - start)), -half_z, half_z)
            if z[1] - z[0] > 0.3:
                lines += stroke_quads(np.column_stack([start + way * z, z]), (0.13, 0.13))
    return lines


def _cycle(decal: Decal) -> list[Outline]:
    """A bicycle: two wheels, a frame, handlebars."""
    angles = np.arange(11) * (2 * np.pi / 10)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * 0.2
    scale = np.array([decal.width_m, decal.length_m])
    lines = [ring + np.array([side, -0.25]) for side in (-0.28, 0.28)]
    lines.append(
        np.array([[-0.28, -0.25], [-0.1, 0.15], [0.18, 0.15], [0.0, -0.25], [-0.28, -0.25]])
    )
    lines.append(np.array([[0.28, -0.25], [0.14, 0.4], [0.3, 0.42]]))
    return [quad for line in lines for quad in stroke_quads(line * scale, (0.08, 0.1))]


def _triangles(decal: Decal) -> list[Outline]:
    """The teeth of a give-way line."""
    count = max(1, int(decal.width_m / 0.9))
    tooth = np.array([[-0.25, 0.5], [0.25, 0.5], [0.0, -0.5]]) * (1, decal.length_m)
    left = 0.45 - decal.width_m / 2
    return [tooth + np.array([left + 0.9 * k, 0.0]) for k in range(count)]


def _ring(decal: Decal) -> list[Outline]:
    """A ring, as around the number of a speed limit."""
    angles = np.arange(17) * (2 * np.pi / 16)
    line = np.column_stack([np.cos(angles), np.sin(angles)]) / 2 * (decal.width_m, decal.length_m)
    return stroke_quads(line, (0.14, 0.2))


_BUILDERS: dict[str, Callable[[Decal], list[Outline]]] = {
    "bar": _bar,
    "blot": _blot,
    "crack": _crack,
    "grate": _grate,
    "arrow": _arrow,
    "word": _word,
    "zigzag": _zigzag,
    "hatch": _hatch,
    "grid": _grid,
    "cycle": _cycle,
    "triangles": _triangles,
    "ring": _ring,
}

KINDS = frozenset(_BUILDERS)


def outlines(decal: Decal) -> list[Outline]:
    """Give the outlines of a decal in the road's own terms.

    Raises:
        KeyError: An unknown kind of decal, or a letter that nobody paints.
    """
    middle = np.array([decal.s_m, decal.z_m])
    return [outline + middle for outline in _BUILDERS[decal.kind](decal)]
