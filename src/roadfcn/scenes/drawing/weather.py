"""Draw sun, sky and weather at random, and what is out of view but throws shadows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from roadfcn.scenes.description.conditions import Colour, Light
from roadfcn.scenes.description.scene import Obstacle, Road
from roadfcn.scenes.description.variety import Variety

_GREY_SKY: tuple[Colour, Colour] = ((0.88, 0.89, 0.91), (0.70, 0.72, 0.76))
_REACH = 4.0  # shadows longer than this multiple of the height end beyond the road


def draw_light(rng: np.random.Generator, variety: Variety) -> Light:
    """Draw fair weather by day, or with `variety.light` any weather cars are driven in."""
    fair = _draw_fair(rng)
    if not variety.light:
        return fair
    draw = _WEATHERS[int(rng.choice(len(_WEATHERS), p=_SHARES))]
    return draw(rng, fair)


def draw_casters(
    rng: np.random.Generator, road: Road, light: Light, variety: Variety
) -> tuple[Obstacle, ...]:
    """Draw trees and houses beside and behind the camera whose shadows lie across the road."""
    if not variety.light or light.sun < 0.1:
        return ()
    reach = min(_REACH, 1 / math.tan(light.elevation_rad))
    casters = []
    for _ in range(int(rng.choice([0, 0, 1, 2, 4, 7]))):
        is_tree = bool(rng.random() < 0.65)
        height = rng.uniform(5, 14)
        z_m = float(rng.uniform(2.5, 45))
        s_m = rng.uniform(road.left_m - 2, road.right_m + 2)
        away = reach * height * rng.uniform(0.4, 0.95)
        casters.append(
            Obstacle(
                kind="tree" if is_tree else "house",
                x_m=road.curve.lateral(z_m) + s_m + away * math.sin(light.azimuth_rad),
                z_m=z_m + away * math.cos(light.azimuth_rad),
                heading_rad=road.curve.heading(z_m) + rng.normal(0, 0.1),
                width_m=rng.uniform(3, 7) if is_tree else rng.uniform(4, 14),
                height_m=height,
                length_m=rng.uniform(4, 16),
                colour=(0.3, 0.3, 0.3),
            )
        )
    return tuple(casters)


def _draw_fair(rng: np.random.Generator) -> Light:
    overcast = bool(rng.random() < 0.35)
    warm = rng.uniform(-0.02, 0.03)
    light = Light(
        azimuth_rad=rng.uniform(-np.pi, np.pi),
        elevation_rad=np.radians(rng.uniform(22, 65)),
        sun=0.0 if overcast else rng.uniform(0.3, 0.55),
        tint=(1 + warm, 1.0, 1 - warm),
        cloud=rng.uniform(0.15, 0.75),
        haze=rng.uniform(0.0005, 0.003),
        dapple=rng.uniform(0.1, 0.6),
    )
    if overcast:
        return replace(light, sky_low=_GREY_SKY[0], sky_high=_GREY_SKY[1])
    return light


def _bright_sun(rng: np.random.Generator, fair: Light) -> Light:
    """Hard sun and a sky from deep blue to milky."""
    milky = rng.uniform(0, 1)
    return replace(
        fair,
        elevation_rad=np.radians(rng.uniform(18, 68)),
        sun=rng.uniform(0.45, 0.78),
        sky_low=_mix((0.80, 0.88, 0.98), (0.97, 0.98, 1.0), milky),
        sky_high=_mix((0.25, 0.45, 0.82), (0.72, 0.80, 0.92), milky),
        cloud=rng.uniform(0.0, 0.7),
        haze=rng.uniform(0.0003, 0.004),
        brightness=rng.uniform(0.8, 1.15),
        softness=rng.uniform(0.7, 1.6),
        dapple=rng.uniform(0.05, 0.8),
    )


def _overcast(rng: np.random.Generator, fair: Light) -> Light:
    """No sun: from a dark lid of clouds to the burnt-out white that cheap cameras make of one."""
    high = rng.uniform(0.65, 1.15)
    low = high * rng.uniform(0.95, 1.25)
    blue = rng.uniform(0.98, 1.05)
    return replace(
        fair,
        sun=float(rng.choice([0.0, rng.uniform(0, 0.18)])),
        sky_low=(low, low, low * blue),
        sky_high=(high, high, high * blue),
        cloud_colour=(low * 0.9, low * 0.9, low * 0.92),
        cloud=rng.uniform(0.1, 0.6),
        haze=rng.uniform(0.001, 0.008),
        haze_colour=(0.82, 0.84, 0.86),
        brightness=rng.uniform(0.6, 1.0),
        softness=rng.uniform(2, 5),
    )


def _low_sun(rng: np.random.Generator, fair: Light) -> Light:
    """The hours after sunrise and before sunset; from ahead it dazzles."""
    ahead = rng.random() < 0.5
    warm = rng.uniform(0.03, 0.16)
    milky = rng.uniform(0.2, 1)
    return replace(
        fair,
        azimuth_rad=float(rng.normal(0, 0.45)) if ahead else fair.azimuth_rad,
        elevation_rad=np.radians(rng.uniform(5, 20)),
        sun=rng.uniform(0.35, 0.7),
        tint=(1 + warm, 1.0, 1 - 1.1 * warm),
        sky_low=_mix((1.0, 0.90, 0.74), (1.1, 1.08, 1.02), milky),
        sky_high=_mix((0.45, 0.58, 0.80), (0.85, 0.88, 0.92), milky),
        cloud=rng.uniform(0.0, 0.6),
        haze=rng.uniform(0.001, 0.007),
        haze_colour=(0.95, 0.88, 0.78),
        brightness=rng.uniform(0.5, 0.9) if ahead else rng.uniform(0.7, 1.0),
        glare=rng.uniform(0.3, 1.0) if ahead else rng.uniform(0, 0.3),
        softness=rng.uniform(0.8, 2),
        wet=float(rng.choice([0.0, 0.0, rng.uniform(0.2, 0.7)])),
    )


def _dusk(rng: np.random.Generator, fair: Light) -> Light:
    """The sun is down: dark ground beneath a sky that glows at the horizon."""
    glow = rng.uniform(0, 1)
    bright = rng.uniform(0.45, 0.9)
    return replace(
        fair,
        sun=0.0,
        elevation_rad=np.radians(8),
        azimuth_rad=float(rng.normal(0, 0.8)),
        tint=_mix((0.90, 0.97, 1.10), (1.06, 0.98, 0.94), glow),
        sky_low=_mix((0.74, 0.78, 0.88), (1.0, 0.74, 0.50), glow, bright),
        sky_high=_mix((0.34, 0.42, 0.60), (0.45, 0.48, 0.62), glow, bright),
        cloud_colour=_mix((0.42, 0.45, 0.54), (0.66, 0.52, 0.50), glow, bright),
        cloud=rng.uniform(0.1, 0.7),
        haze=rng.uniform(0.001, 0.006),
        haze_colour=_mix((0.5, 0.54, 0.62), (0.66, 0.58, 0.54), glow, bright),
        brightness=rng.uniform(0.4, 0.7),
        softness=4.0,
    )


def _fog(rng: np.random.Generator, fair: Light) -> Light:
    """Haze and fog; sight of 600 m down to 75 m (Koschmieder: 3 / extinction)."""
    grey = rng.uniform(0.72, 0.95)
    haze = (grey, grey, grey * rng.uniform(0.98, 1.04))
    return replace(
        fair,
        sun=0.0,
        sky_low=haze,
        sky_high=_mix(haze, (0.9, 0.92, 0.96), rng.uniform(0, 0.6)),
        cloud=0.0,
        haze=float(np.exp(rng.uniform(np.log(0.005), np.log(0.04)))),
        haze_colour=haze,
        brightness=rng.uniform(0.6, 0.95),
        softness=5.0,
        wet=float(rng.choice([0.0, rng.uniform(0, 0.6)])),
    )


def _rain(rng: np.random.Generator, fair: Light) -> Light:
    """Rain on windscreen and road under a grey sky."""
    dull = _overcast(rng, fair)
    return replace(
        dull,
        sun=0.0,
        haze=rng.uniform(0.003, 0.014),
        haze_colour=(0.76, 0.78, 0.81),
        brightness=rng.uniform(0.45, 0.85),
        rain=rng.uniform(0.1, 1.0),
        wet=rng.uniform(0.5, 1.0),
    )


def _after_rain(rng: np.random.Generator, fair: Light) -> Light:
    """A wet road under a bright sky."""
    draw = (_bright_sun, _overcast, _overcast)[int(rng.integers(3))]
    return replace(draw(rng, fair), wet=rng.uniform(0.25, 1.0), cloud=rng.uniform(0.3, 0.8))


_WEATHERS: tuple[Callable[[np.random.Generator, Light], Light], ...] = (
    lambda _, fair: fair,
    _bright_sun,
    _overcast,
    _low_sun,
    _dusk,
    _fog,
    _rain,
    _after_rain,
)
_SHARES = (0.12, 0.24, 0.24, 0.14, 0.07, 0.05, 0.06, 0.08)


def _mix(one: Colour, other: Colour, share: float, factor: float = 1.0) -> Colour:
    red, green, blue = (factor * (a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
