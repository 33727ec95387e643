"""Fog, rain and dusk: what is between camera and street, and what lights it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from corruptions.camera import read_out
from corruptions.light import LUMA, Image, Light, sky_light, to_light, to_picture
from corruptions.street import HORIZON, depth, focal_length, sky_share

_AIR = 0.75  # of the sky's light: an automatic exposure keeps fog from being white
_DROPS_PER_M3_MM = 8000.0  # Marshall and Palmer's N0
_EXPOSURE_S, _SPEED_M_S = 1 / 200, 50 / 3.6
_NEAREST_M, _FARTHEST_M, _SMALLEST_MM = 0.8, 5.0, 1.3
_LAYERS = 12  # streaks of one layer cover the same share, and do not add up
_DROP_LIGHT = 0.95  # of the sky's
_GLASS_MM, _LENS_MM = 80.0, 1.5


def fog(image: Image, visibility_m: float, _: np.random.Generator) -> Image:
    """Fade what is far into grey: Koschmieder's law, L = L0 t + A (1 - t), t = exp(-s Z).

    The extinction s is 3.0 / visibility, which leaves 5 % of a contrast at that distance: the
    meteorological optical range of the World Meteorological Organization (guide no. 8, chapter 9).
    The airlight A is three quarters of the light of the picture's own sky, without its colour.
    Source of the law: Koschmieder, Theorie der horizontalen Sichtweite, 1924. Z is guessed, see
    `street`.
    """
    light = to_light(image)
    return to_picture(through_air(light, -math.log(0.05) / visibility_m))


def through_air(light: Light, extinction: float) -> Light:
    """Apply Koschmieder's law with an extinction in 1/m."""
    clear = np.exp(np.float32(-extinction) * depth(*light.shape[:2])) * (1 - sky_share(light))
    clear = clear[..., None]
    air = np.float32(_AIR * sky_light(light))
    return np.asarray(light * clear + air * (1 - clear), np.float32)


def dusk(image: Image, share: float, random: np.random.Generator) -> Image:
    """Leave a share of the light, the blue light after sunset, read out with a high gain.

    The colour is CIE daylight (CIE 15, 3.1) that gets bluer as it gets darker, from 9,000 K at a
    half of the light to 15,000 K at an eighth: twilight lies along the daylight locus, up to very
    high temperatures (Hernandez-Andres et al., JOSA A 18, 2001). What was white gives that share
    of 1,000 electrons, see `camera.noise`. Lamps and headlights stay dark.
    """
    kelvin = min(25_000.0, 9_000 + 3_000 * math.log2(0.5 / share))
    light = to_light(image) * np.float32(share) * daylight(kelvin)
    return to_picture(read_out(light, 1000.0, random))


def daylight(kelvin: float) -> NDArray[np.float32]:
    """Give the linear RGB of CIE daylight of 7,000 to 25,000 K, of the luminance of white.

    x = 0.23704 + 0.24748e3 / T + 1.9018e6 / T^2 - 2.0064e9 / T^3, y = -3 x^2 + 2.87 x - 0.275;
    XYZ to RGB as in IEC 61966-2-1, whose white is daylight of 6,504 K.
    """
    x = 0.23704 + 0.24748e3 / kelvin + 1.9018e6 / kelvin**2 - 2.0064e9 / kelvin**3
    y = -3 * x * x + 2.87 * x - 0.275
    to_rgb = np.array(
        [
            [3.2406, -1.5372, -0.4986],
            [-0.9689, 1.8758, 0.0415],
            [0.0557, -0.2040, 1.0570],
        ]
    )
    rgb = np.clip(to_rgb @ [x / y, 1, (1 - x - y) / y], 0, None).astype(np.float32)
    return np.asarray(rgb / (rgb @ LUMA), np.float32)


def rain(image: Image, rate_mm_h: float, random: np.random.Generator) -> Image:
    """Let it rain: drops in the air take light away and streak past, drops on the glass bend it.

    Wet ground is not drawn, as nobody knows where the ground is.
    """
    light = through_air(to_light(image), rain_extinction(rate_mm_h))
    streaks = falling(light.shape[0], light.shape[1], rate_mm_h, random)[..., None]
    light += streaks * (np.float32(_DROP_LIGHT * sky_light(light)) - light)
    return to_picture(on_the_glass(light, rate_mm_h, random))


def rain_extinction(rate_mm_h: float) -> float:
    """Give the extinction of rain in 1/m: pi N0 / L^3.

    Drops of D mm are as many as N0 exp(-L D) in a cubic metre and millimetre, N0 = 8000 and
    L = 4.1 R^-0.21 (Marshall and Palmer, 1948). Drops are far larger than light is long, so each
    takes away twice its shadow (van de Hulst, 1957): the integral of 2 (pi / 4) D^2 N0 exp(-L D).
    """
    return 1e-6 * math.pi * _DROPS_PER_M3_MM / _slope(rate_mm_h) ** 3


def falling(
    height: int, width: int, rate_mm_h: float, random: np.random.Generator
) -> NDArray[np.float32]:
    """Give how much of each pixel's light comes from falling drops: H,W float32, 0 to 1.

    The drops of 1.3 mm and more from 0.8 to 5 m ahead, as many and as large as Marshall and Palmer
    say, fall at 9.65 - 10.3 exp(-0.6 D) m/s (Atlas et al., 1973) towards a car of 50 km/h. A drop
    is seen as the streak that it makes while the shutter is open (1/200 s); its shadow, of
    pi / 4 (f D / Z)^2 pixels, is spread over the whole streak, which is therefore faint. Drops look
    nearly as bright as the sky, of which they show much (Garg and Nayar, 2007).
    """
    focal, slope = focal_length(width), _slope(rate_mm_h)
    reach = (width / focal / 2 * 1.2, max(HORIZON, 1 - HORIZON) * height / focal * 1.3)
    volume = 4 * reach[0] * reach[1] * (_FARTHEST_M**3 - _NEAREST_M**3) / 3
    density = _DROPS_PER_M3_MM / slope * math.exp(-slope * _SMALLEST_MM)
    count = random.poisson(density * volume)
    ahead = np.cbrt(random.uniform(_NEAREST_M**3, _FARTHEST_M**3, count))
    place = random.uniform(-1, 1, (count, 2)) * reach * ahead[:, None]
    size_mm = np.minimum(_SMALLEST_MM + random.exponential(1 / slope, count), 6.0)
    fall = (9.65 - 10.3 * np.exp(-0.6 * size_mm)) * _EXPOSURE_S

    middle = np.array([(width - 1) / 2, HORIZON * height])
    start = focal * place / ahead[:, None] + middle
    after = ahead - _SPEED_M_S * _EXPOSURE_S
    end = focal * (place + np.outer(fall, [0, 1])) / after[:, None] + middle
    width_px = focal * size_mm / 1000 / ahead
    line_px = np.maximum(1, width_px)
    length_px = np.linalg.norm(end - start, axis=1) + line_px
    share = math.pi / 4 * width_px**2 / (length_px * line_px)
    return _drawn(height, width, start, end, line_px, share)


def _drawn(
    height: int,
    width: int,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    line_px: NDArray[np.float64],
    share: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Draw lines that each cover a share of what is behind them, the faint ones first."""
    left = np.ones((height, width), np.float32)
    ends = np.round(16 * np.concatenate([start, end], axis=1)).astype(int)
    for chosen in np.array_split(np.argsort(share), _LAYERS):
        layer = np.zeros((height, width), np.uint8)
        for index in chosen.tolist():
            x, y, to_x, to_y = ends[index].tolist()
            thick = round(line_px[index])
            cv2.line(layer, (x, y), (to_x, to_y), (255,), thick, cv2.LINE_AA, 4)
        if len(chosen):
            left *= 1 - layer * np.float32(share[chosen].mean() / 255)
    return 1 - left


def on_the_glass(light: Light, rate_mm_h: float, random: np.random.Generator) -> Light:
    """Put drops on the windscreen: each is a small lens that shows the street upside down.

    Drops of 2 to 6 mm, 8 cm before a lens of 1.5 mm that is focused far away: a point of them is
    spread over f 1.5 / 80 pixels. As many as wipers leave of rain of that rate, which is a guess:
    2 R^0.75 (11 at 10 mm/h, 63 at 100) on the part of the glass that is seen.
    """
    height, width = light.shape[:2]
    focal = focal_length(width)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    source_row, source_column = rows.copy(), columns.copy()
    cover = np.zeros((height, width), np.float32)
    for _ in range(random.poisson(2 * rate_mm_h**0.75)):
        radius = focal * random.uniform(1.0, 3.0) / _GLASS_MM
        row, column = random.uniform(0, height), random.uniform(0, width)
        tall = radius * random.uniform(1.0, 1.5)
        top, bottom = max(0, int(row - tall)), min(height, int(row + tall) + 2)
        first, last = max(0, int(column - radius)), min(width, int(column + radius) + 2)
        part = (slice(top, bottom), slice(first, last))
        down, across = (rows[part] - row) / tall, (columns[part] - column) / radius
        inside = np.hypot(down, across) < 1
        source_row[part][inside] = height / 2 - 0.45 * height * down[inside]
        source_column[part][inside] = width / 2 - 0.45 * width * across[inside]
        cover[part][inside] = 1
    wide = cv2.GaussianBlur(light, (0, 0), max(0.5, 0.02 * height))
    bent = cv2.remap(
        wide, source_column, source_row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    # A Gaussian of half the radius is as wide as the disk of that radius (variance r^2 / 4).
    out_of_focus = focal * _LENS_MM / _GLASS_MM / 4
    cover = cv2.GaussianBlur(cover, (0, 0), out_of_focus)[..., None]
    bent = cv2.GaussianBlur(bent, (0, 0), out_of_focus)
    return np.asarray(light + cover * (bent - light), np.float32)


def _slope(rate_mm_h: float) -> float:
    """Give Marshall and Palmer's L, in 1/mm."""
    return 4.1 * float(rate_mm_h**-0.21)
