"""What a camera does wrong: it moves, is out of focus, noisy, badly exposed, tilted; JPEG."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from corruptions.light import Image, Light, to_light, to_picture
from corruptions.street import HORIZON, depth, focal_length, rays
from roadfcn.label_sets import VOID
from roadfcn.scenes.light.lens import compress

_SPEED_M_S, _TURN_DEGREES_S = 50 / 3.6, 8.0
_READ_NOISE = 3.0  # electrons


def motion(image: Image, exposure_s: float, random: np.random.Generator) -> Image:
    """Average what is seen while the shutter is open, in a car of 50 km/h that turns at 8 deg/s.

    A point seen at (x, y) per metre ahead, Z metres away, moves by (x, y) v t / Z as the car goes
    ahead, and by w t across as it turns: the flow of Longuet-Higgins and Prazdny (1980) without
    its small terms. Z is guessed, see `street`.
    """
    height, width = image.shape[:2]
    across, down = rays(height, width)
    near = 1 / depth(height, width)
    turn = math.radians(_TURN_DEGREES_S) * random.choice([-1, 1])
    focal, light = focal_length(width), to_light(image)
    most = np.hypot(across, down) * near * _SPEED_M_S + abs(turn)
    steps = int(np.clip(math.ceil(focal * exposure_s * float(most.max())), 2, 48))
    total = np.zeros_like(light)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    for time in (np.arange(steps) + 0.5) / steps * exposure_s - exposure_s / 2:
        closer = np.float32(_SPEED_M_S * time) * near
        to_column = columns + np.float32(focal) * (across * closer + np.float32(turn * time))
        to_row = rows + np.float32(focal) * down * closer
        total += cv2.remap(
            light, to_column, to_row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    return to_picture(total / np.float32(steps))


def defocus(image: Image, radius: float, _: np.random.Generator) -> Image:
    """Spread each point over a disk: the circle of confusion of a thin lens.

    Args:
        image: The picture.
        radius: Of the disk, as a share of the picture's height.
    """
    radius_px = radius * image.shape[0]
    side = np.arange(-math.ceil(radius_px), math.ceil(radius_px) + 1)
    # The rim is as wide as a pixel, so that the disk's size is not in whole pixels.
    disk = np.clip(radius_px + 0.5 - np.hypot(side[:, None], side[None, :]), 0, 1)
    kernel = (disk / disk.sum()).astype(np.float32)
    return to_picture(cv2.filter2D(to_light(image), -1, kernel, borderType=cv2.BORDER_REFLECT_101))


def noise(image: Image, electrons: float, random: np.random.Generator) -> Image:
    """Count electrons: Poisson noise of the light, Gaussian of reading (Foi et al., 2008).

    Args:
        image: The picture.
        electrons: That white gives; the fewer, the higher the gain (ISO) that makes it white.
        random: Where the noise comes from.
    """
    return to_picture(read_out(to_light(image), electrons, random))


def read_out(light: Light, electrons: float, random: np.random.Generator) -> Light:
    """Give light as a sensor reads it: (Poisson(light n) + Normal(0, 3)) / n; white is n electrons.

    Dark light may come out below 0.
    """
    counted = random.poisson(light.astype(np.float64) * electrons)
    read = random.normal(0, _READ_NOISE, light.shape)
    return np.asarray((counted + read) / electrons, np.float32)


def exposure(image: Image, stops: float, _: np.random.Generator) -> Image:
    """Expose longer or shorter: light times 2^stops, clipped where the sensor is full."""
    return to_picture(to_light(image) * np.float32(2**stops))


def jpeg(image: Image, quality: float, _: np.random.Generator) -> Image:
    """Compress as JPEG of libjpeg's quality, 1 to 100."""
    return compress(image, int(quality))


def pitch(
    image: Image, mask: NDArray[np.uint8], degrees: float, random: np.random.Generator
) -> tuple[Image, NDArray[np.uint8]]:
    """Tilt the camera up or down by so many degrees: picture and truth move together.

    Turning a camera maps pixels by the homography K R K^-1 (Hartley and Zisserman, 2004, section
    8.4). What was outside the picture is mirrored at its rim, and void in the truth.
    """
    height, width = image.shape[:2]
    focal, angle = focal_length(width), math.radians(degrees) * random.choice([-1, 1])
    camera = np.array([[focal, 0, (width - 1) / 2], [0, focal, HORIZON * height], [0, 0, 1.0]])
    turn = np.array(
        [
            [1, 0, 0],
            [0, math.cos(angle), -math.sin(angle)],
            [0, math.sin(angle), math.cos(angle)],
        ]
    )
    matrix, size = camera @ turn @ np.linalg.inv(camera), (width, height)
    seen = cv2.warpPerspective(
        image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    truth = cv2.warpPerspective(mask, matrix, size, flags=cv2.INTER_NEAREST, borderValue=(VOID,))
    return np.asarray(seen, np.uint8), np.asarray(truth, np.uint8)
