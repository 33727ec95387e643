"""Car bodies: cross-sections along the length with skin between them, glass where glass belongs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from roadfcn.scenes.bodies.shapes import PAINT, Finish, Moulder, Point

Profile = tuple[tuple[float, float], ...]
"""Points (share of the length from the back, share of the height), in order."""

PAINTWORK = Finish(PAINT, gloss=0.55)
GLASS = Finish((0.06, 0.07, 0.08), gloss=1.7)
TRIM = Finish((0.09, 0.09, 0.095), gloss=0.12)

_RING = 8


@dataclass(frozen=True)
class Body:
    """The lines of a car's body.

    Args:
        size: Width, height and length in metres.
        belt: Where windows begin.
        roof: The highest line; where it lies on the belt there is no cabin.
        side_glass: Stretches of the length with side windows, as shares.
        clearance_m: Height of the sills.
        lean: How much the cabin is narrower at the roof, as a share of half the width.
        end: Width at front and back as a share of the full width.
        panes: Stretches of the length where a sloping roof line is glass.
    """

    size: tuple[float, float, float]
    belt: Profile
    roof: Profile
    side_glass: Profile
    panes: Profile
    clearance_m: float = 0.19
    lean: float = 0.24
    end: float = 0.86

    def section(self, share: float) -> list[tuple[float, float]]:
        """Give `_RING` points (right, up) of the right half of a section, from the sill up."""
        width, height, _ = self.size
        half = 0.5 * width * self._taper(share)
        belt, roof = self.heights(share)
        low = self.clearance_m + 0.03 * height * abs(2 * share - 1) ** 6
        cabin = max(0.0, roof - belt) / (0.4 * height)
        lean = self.lean * min(1.0, cabin)
        edge = min(0.1 * height, 0.35 * (roof - belt) + 0.012)
        return [
            (0.95 * half, low),
            (0.975 * half, low + 0.05 * height),
            (1.0 * half, 0.5 * (low + belt)),
            (0.985 * half, belt - 0.06 * height),
            ((0.93 - 0.02 * cabin) * half, belt),
            ((0.88 - lean) * half, max(belt + 0.005, roof - edge)),
            ((0.72 - lean) * half, roof + 0.004),
            (0.0, roof + 0.03),
        ]

    def heights(self, share: float) -> tuple[float, float]:
        """Give the heights of belt and roof."""
        belt = _height_at(share, self.belt) * self.size[1]
        roof = _height_at(share, self.roof) * self.size[1]
        return belt, max(belt + 0.01, roof - 0.03)

    def point(self, share: float, ring: float, out_m: float = 0.0) -> Point:
        """Give a point on the skin of the right side; `ring` 0 is the sill, 7 the middle."""
        section = self.section(share)
        k = min(int(ring), _RING - 2)
        (x0, y0), (x1, y1) = section[k], section[k + 1]
        part = ring - k
        return x0 + part * (x1 - x0) + out_m, y0 + part * (y1 - y0), (share - 0.5) * self.size[2]

    def _taper(self, share: float) -> float:
        return 1 - (1 - self.end) * abs(2 * share - 1) ** 5


def mould_body(moulder: Moulder, body: Body, stations: int) -> None:
    """Add skin and glass of a body."""
    kinks = {s for line in (body.belt, body.roof, body.side_glass, body.panes) for s, _ in line}
    kinks |= {end for line in (body.side_glass, body.panes) for _, end in line}
    evenly = np.linspace(0, 1, stations)
    shares = sorted(kinks | {float(s) for s in evenly if min(abs(s - k) for k in kinks) > 0.02})
    height = body.size[1]
    for back, front in pairwise(shares):
        middle = (back + front) / 2
        belt, roof = body.heights(middle)
        inside = (0.0, 0.5 * (body.clearance_m + belt), (middle - 0.5) * body.size[2])
        for ring in range(_RING - 1):
            is_side = ring == 4 and roof - belt > 0.08 * height and _within(middle, body.side_glass)
            is_pane = ring == 6 and _within(middle, body.panes)
            # Strips beside the windscreen take in a little of the glass, as slim pillars do.
            finish = GLASS if is_side or is_pane else TRIM if ring == 0 else PAINTWORK
            if ring == 4 and roof - belt > 0.2 * height and not is_side:
                finish = Finish(PAINT, gloss=0.4, shade=0.8)
            right = [
                body.point(share, ring + up)
                for share, up in ((back, 0), (front, 0), (front, 1), (back, 1))
            ]
            for side in (1, -1):
                moulder.face([(side * x, y, z) for x, y, z in right], inside, finish)
    for share, inner in ((0.0, 0.1), (1.0, 0.9)):
        _close_end(moulder, body, share, (inner - 0.5) * body.size[2])


def _close_end(moulder: Moulder, body: Body, share: float, inner_m: float) -> None:
    """Close the body at its front or back, slightly bulged."""
    section = body.section(share)
    z_m = (share - 0.5) * body.size[2]
    for k, ((x0, y0), (x1, y1)) in enumerate(pairwise(section)):
        finish = TRIM if k == 0 else PAINTWORK
        corners = [(-x0, y0, z_m), (x0, y0, z_m), (x1, y1, z_m), (-x1, y1, z_m)]
        if k == len(section) - 2:
            corners = [*corners[:2], (0.0, y1, z_m)]
        moulder.face(corners, (0.0, 0.5 * (y0 + y1), inner_m), finish)


@lru_cache(maxsize=1024)
def _height_at(share: float, profile: Profile) -> float:
    """Give the height of a line; cached, as each face of a body asks for those at its corners."""
    shares, heights = np.array(profile).T
    return float(np.interp(share, shares, heights))


def _within(share: float, stretches: Profile) -> bool:
    return any(low <= share <= high for low, high in stretches)
