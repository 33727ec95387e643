"""Test-time augmentation: a picture is looked at mirrored and at several sizes.

The probabilities of all views are averaged pixel by pixel, as has been usual since GoogLeNet's
crops (Szegedy et al., CVPR 2015, section 7) and, over scales and mirror images of whole street
pictures, since PSPNet (Zhao et al., CVPR 2017, section 4.2). A network is asked once for each view,
so an answer takes as many times as long; at scale s a view has s^2 times the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from roadfcn.errors import ConfigError, shown

_SMALLEST, _LARGEST, _MOST = 0.1, 4.0, 16


@dataclass(frozen=True)
class Views:
    """How often, and how, a picture is looked at.

    Args:
        flip: Look at its mirror image (left and right exchanged) too, at each scale.
        scales: Height and width that the network sees, as factors of those it sees without.

    Raises:
        ConfigError: There is no scale, one is there twice or out of range, or there are too many.
    """

    flip: bool = False
    scales: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        in_range = all(_SMALLEST <= scale <= _LARGEST for scale in self.scales)
        different = len(set(self.scales)) == len(self.scales)
        if not (1 <= len(self.scales) <= _MOST and in_range and different):
            raise _no_scales(", ".join(f"{scale:g}" for scale in self.scales))

    def __iter__(self) -> Iterator[tuple[float, bool]]:
        """Give each view: its scale, and whether it is mirrored."""
        for scale in self.scales:
            yield scale, False
            if self.flip:
                yield scale, True

    def __len__(self) -> int:
        return len(self.scales) * (2 if self.flip else 1)

    @property
    def are_plain(self) -> bool:
        """Whether a picture is looked at once and as it is: no test-time augmentation."""
        return self == PLAIN

    def __str__(self) -> str:
        """Say it in words: "flip, scales 0.75, 1"."""
        scales = ", ".join(f"{scale:g}" for scale in self.scales)
        return f"{'flip, ' if self.flip else ''}scale{'s' * (len(self.scales) > 1)} {scales}"

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON has it: {"flip": true, "scales": [0.75, 1.0]}."""
        return {**asdict(self), "scales": list(self.scales)}


PLAIN = Views()
"""A picture is looked at once, as it is."""


def check_views(views: object) -> None:
    """Refuse what is no `Views`, such as `views=True`.

    Raises:
        ConfigError: It is none.
    """
    if not isinstance(views, Views):
        raise ConfigError(
            f"the views of a picture are given as {views!r}",
            allowed="a roadfcn.Views",
            do="write views=Views(flip=True), or views=Views(scales=(0.75, 1.0))",
        )


def read_scales(text: str) -> tuple[float, ...]:
    """Read scales such as "0.75,1,1.25".

    Raises:
        ConfigError: They are no numbers between commas.
    """
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError as problem:
        raise _no_scales(text) from problem


def _no_scales(found: str) -> ConfigError:
    return ConfigError(
        f"the scales to look at a picture are {shown(found)}",
        allowed=f"1 to {_MOST} different numbers from {_SMALLEST:g} to {_LARGEST:g}",
        do="write them with commas between, such as --scales 0.75,1,1.25",
    )
