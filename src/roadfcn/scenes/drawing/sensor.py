"""Draw the camera's own part in a picture at random: a good one's, or any cheap one's."""

from __future__ import annotations

import numpy as np

from roadfcn.scenes.description.conditions import Bonnet, Colour, Sensor
from roadfcn.scenes.description.variety import Variety

_BONNETS: tuple[Colour, ...] = (
    (0.04, 0.04, 0.05),
    (0.06, 0.06, 0.07),
    (0.30, 0.31, 0.33),
    (0.55, 0.56, 0.58),
    (0.80, 0.80, 0.80),
    (0.35, 0.05, 0.05),
    (0.06, 0.10, 0.28),
    (0.07, 0.16, 0.10),
)


def draw_sensor(rng: np.random.Generator, variety: Variety) -> Sensor:
    """Draw a sensor; a bonnet comes with `variety.cameras`, all faults with `variety.sensor`."""
    bonnet = _draw_bonnet(rng)  # always drawn: what follows shall not depend on the variety
    if not variety.cameras:
        bonnet = None
    good = Sensor(
        exposure=rng.uniform(0.85, 1.15),
        noise=rng.uniform(0.006, 0.02),
        blur_px=rng.uniform(0.45, 0.75),
        bonnet=bonnet,
    )
    if not variety.sensor:
        return good
    warm, green = rng.normal(0, 0.07), rng.normal(0, 0.025)
    noisy = rng.random() < 0.25
    return Sensor(
        exposure=float(np.exp(np.clip(rng.normal(0.0, 0.2), -0.4, 0.5))),
        metering=rng.uniform(0.3, 1.0),
        white=(1 + warm, 1 + green, 1 - warm),
        gamma=float(np.exp(rng.normal(-0.05, 0.16))),
        contrast=float(np.clip(rng.normal(0.1, 0.32), -0.5, 0.9)),
        black=float(rng.choice([0.0, rng.uniform(0, 0.10)])),
        saturation=float(np.clip(rng.normal(0.85, 0.28), 0.12, 1.6)),
        noise=rng.uniform(0.01, 0.026) if noisy else rng.uniform(0.001, 0.012),
        chroma_noise=rng.uniform(0.004, 0.02) if noisy else rng.uniform(0, 0.006),
        blur_px=float(rng.choice([rng.uniform(0.4, 0.8), rng.uniform(0.8, 1.8)], p=[0.7, 0.3])),
        shake_px=float(rng.choice([0.0, rng.uniform(1, 5)], p=[0.85, 0.15])),
        speed=float(rng.choice([0.0, rng.uniform(0.005, 0.03)], p=[0.8, 0.2])),
        vignette=float(rng.choice([0.0, rng.uniform(0.05, 0.45)])),
        fringe=float(rng.choice([0.0, rng.uniform(-0.0025, 0.0025)])),
        sharpening=float(rng.choice([0.0, rng.uniform(0.2, 1.0)], p=[0.6, 0.4])),
        jpeg_quality=int(rng.integers(25, 96)) if rng.random() < 0.75 else None,
        veil=float(rng.choice([0.0, rng.uniform(0.02, 0.16)], p=[0.6, 0.4])),
        bonnet=bonnet,
    )


def _draw_bonnet(rng: np.random.Generator) -> Bonnet | None:
    is_seen = rng.random() < 0.14
    red, green, blue = _BONNETS[int(rng.integers(len(_BONNETS)))]
    bonnet = Bonnet(
        height=rng.uniform(0.03, 0.2),
        bulge=rng.uniform(0.2, 1.2),
        middle=rng.uniform(0.35, 0.75),
        colour=(red, green, blue),
        shine=rng.uniform(0.05, 0.6),
    )
    return bonnet if is_seen else None
