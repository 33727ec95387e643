"""What is between camera and street: the own car's bonnet, the windscreen, drops of rain on it."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.bodies.facets import Canvas
from roadfcn.scenes.description.conditions import Bonnet
from roadfcn.scenes.description.scene import State
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.light.lens import Picture
from roadfcn.scenes.surfaces.textures import noise

_NEARNESS = np.float32(1.0)
"""Inverse depth of the bonnet: nearer than all that is seen of the street."""


def paint_bonnet(canvas: Canvas, bonnet: Bonnet) -> None:
    """Paint the own car over the lower rim; what it hides is void."""
    height, width = canvas.state.shape
    off = np.linspace(0, 1, width) - bonnet.middle
    top = height * (1 - bonnet.height * (1 - bonnet.bulge * np.square(2 * off)))
    first = int(np.clip(np.floor(top.min()) - 1, 0, height - 1))
    rows = np.arange(first, height)[:, None]
    coverage = np.clip(rows - top[None, :] + 0.5, 0, 1).astype(np.float32)
    below = np.clip((rows - top[None, :]) / (0.2 * height), 0, 1).astype(np.float32)
    # Curved paint mirrors the sky small and bright at its far rim, itself nearer by.
    shine = np.float32(bonnet.shine) * np.square(1 - below)
    shine += (
        np.float32(0.04)
        * noise(1, 1024, 1.0, 61)[0, :: max(1, 1024 // width)][
            np.arange(width) % (1024 // max(1, 1024 // width))
        ]
    )
    for plane, part in zip(canvas.colour, bonnet.colour, strict=True):
        sky = float(plane[: max(1, height // 4)].mean())
        paint = np.float32(part * sky) + (np.float32(sky) - np.float32(part * sky)) * shine
        plane[first:] += (paint - plane[first:]) * coverage
    hidden = coverage >= 0.5
    canvas.state[first:][hidden] = State.VOID
    canvas.street_class[first:][hidden] = StreetClass.UNKNOWN
    canvas.lane[first:][hidden] = False
    canvas.inverse_depth[first:][hidden] = _NEARNESS


def add_veil(picture: Picture, veil: float, look: int) -> None:
    """Add dust in the sun and the dashboard's reflection, strongest low in the picture."""
    height, width = picture.shape[:2]
    small = noise(64, 64, 1.3, 62)[:16, look % 32 : look % 32 + 24]
    rise = np.linspace(0.6, 1.3, 16, dtype=np.float32)[:, None]
    pattern = np.maximum(np.float32(veil * 0.6) * rise * (1 + np.float32(0.4) * small), 0)
    light = float(picture[::8, ::8].mean())
    smooth = cv2.resize(pattern * np.float32(2 * light), (width, height))
    picture += smooth[..., None]


def add_rain(picture: Picture, rain: float, look: int) -> None:
    """Draw drops on the windscreen, which show all the street upside down, and falling rain."""
    height, width = picture.shape[:2]
    rng = np.random.default_rng([look, 63])
    drops = np.zeros((height, width), np.uint8)
    for _ in range(int(rain * rng.integers(10, 140))):
        size = float(rng.gamma(2.0, 0.0035)) * height
        centre = (int(rng.integers(width) * 16), int(rng.integers(height) * 16))
        axes = (max(12, int(size * 16)), max(14, int(size * rng.uniform(1.0, 1.9) * 16)))
        cv2.ellipse(drops, centre, axes, 0, 0, 360, (255,), -1, cv2.LINE_AA, 4)
    small_size = (max(1, width // 12), max(1, height // 12))
    small = cv2.resize(picture, small_size, interpolation=cv2.INTER_AREA)
    through = cv2.resize(cv2.blur(small, (5, 5))[::-1], (width, height))
    inside = np.flatnonzero(drops)
    share = drops.ravel()[inside].astype(np.float32)[:, None] * np.float32(0.75 / 255)
    flat = picture.reshape(-1, 3)
    flat[inside] += (through.reshape(-1, 3)[inside] - flat[inside]) * share
    streaks = _streaks()[look % 128 : look % 128 + 256, look % 97 : look % 97 + 415]
    falling = cv2.resize(streaks, (width, height)) * np.float32(0.025 * rain)
    picture += falling[..., None]


@lru_cache(maxsize=1)
def _streaks() -> NDArray[np.float32]:
    """Give falling rain: noise drawn out downwards."""
    drawn = cv2.blur(noise(512, 512, 0.0, 64), (1, 17))
    slanted = cv2.warpAffine(
        drawn, np.array([[1, 0.08, 0], [0, 1, 0]]), (512, 512), borderMode=cv2.BORDER_WRAP
    )
    return np.asarray(np.maximum(slanted / slanted.std(), 0), np.float32)
