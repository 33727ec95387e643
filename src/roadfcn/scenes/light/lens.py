"""From light to a picture: haze, lens, exposure, tone curve, noise, compression.

All that happens here is the camera's; the truth knows nothing of it.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.scenes.bodies.facets import Canvas
from roadfcn.scenes.description.conditions import Light, Sensor
from roadfcn.scenes.surfaces.textures import noise

Picture = NDArray[np.float32]
"""H,W,3 float32 RGB; 1 is white."""

_NEAREST_SKY = np.float32(1e-3)
_STEPS = 2048  # of the tone curve between 0 and _BRIGHTEST
_BRIGHTEST = 2.0
_TABLE = 2**16  # OpenCV looks 16-bit values up in tables of all of them
_METERED = 0.5
"""Mean brightness that automatic exposure aims at."""
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_NOISE_PX = 512


def through_air(canvas: Canvas, light: Light) -> Picture:
    """Fade what is far into the haze; give the picture with its colours together."""
    # The sky has its own haze; its inverse depth of 0 would give it all of this.
    depth = np.float32(-light.haze) / np.maximum(canvas.inverse_depth, _NEAREST_SKY)
    clear = cv2.exp(depth)
    np.copyto(clear, 1, where=canvas.inverse_depth == 0)
    planes = []
    for plane, haze in zip(canvas.colour, light.haze_colour, strict=True):
        seen = plane - np.float32(haze)
        seen *= clear
        seen += np.float32(haze)
        planes.append(seen)
    return np.asarray(cv2.merge(planes), np.float32)


def expose(picture: Picture, sensor: Sensor, look: int, scale: float) -> NDArray[np.uint8]:
    """Take a picture of what arrives at the lens.

    Args:
        picture: Changed in place.
        sensor: The camera.
        look: A number that picks the noise.
        scale: Height of the picture over that of a full-size one.

    Returns:
        H,W,3 uint8 RGB.
    """
    picture = _blur(picture, sensor, scale)
    picture = _mix_colours(picture, sensor)
    if sensor.vignette:
        picture *= _vignette(picture.shape[0], picture.shape[1], sensor.vignette)[..., None]
    picture *= np.float32((_STEPS - 1) / _BRIGHTEST)
    np.clip(picture, 0, _STEPS - 1, out=picture)
    table = np.ones(_TABLE, np.float32)
    table[:_STEPS] = tone_curve(sensor)
    exposed = np.asarray(cv2.LUT(picture.astype(np.uint16), table), np.float32)
    if sensor.sharpening:
        soft = cv2.blur(exposed, (3, 3))
        exposed = cv2.addWeighted(exposed, 1 + sensor.sharpening, soft, -sensor.sharpening, 0)
    if sensor.noise or sensor.chroma_noise:
        _add_noise(exposed, sensor, look)
    image = np.empty(exposed.shape, np.uint8)
    cv2.convertScaleAbs(np.maximum(exposed, 0, out=exposed), image, 255.0)
    if sensor.jpeg_quality is not None:
        image = compress(image, sensor.jpeg_quality)
    return np.asarray(image, np.uint8)


def tone_curve(sensor: Sensor) -> NDArray[np.float32]:
    """Give the recorded value, 0..1, for `_STEPS` values of light from 0 to `_BRIGHTEST`.

    Linear up to 0.75, then bent so that bright walls and sky keep some drawing; then gamma, and
    contrast as a blend with smoothstep, or for flat cameras with the grey in the middle.
    """
    light = np.linspace(0, _BRIGHTEST, _STEPS)
    bright = np.maximum(light - 0.75, 0)
    curve = np.clip(light - bright * bright / (bright + 0.35), 0, 1) ** sensor.gamma
    if sensor.contrast >= 0:
        curve += sensor.contrast * (curve * curve * (3 - 2 * curve) - curve)
    else:
        curve += -sensor.contrast * 0.6 * (0.5 - curve)
    return np.asarray(sensor.black + (1 - sensor.black) * curve, np.float32)


def compress(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Give what is left of a picture after JPEG compression."""
    _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])


def _blur(picture: Picture, sensor: Sensor, scale: float) -> Picture:
    """Blur as the lens does, then as movement does while the shutter is open."""
    seen: Picture = picture
    if sensor.fringe:
        seen = _fringed(seen, sensor.fringe)
    blur_px = sensor.blur_px * scale
    if blur_px > 0.2:
        # Wider kernels than 3 sigma to either side change nothing that 8 bits could show.
        side = 2 * max(1, round(2.5 * blur_px)) + 1
        seen = cv2.GaussianBlur(seen, (side, side), blur_px)
    if sensor.shake_px:
        seen = cv2.blur(seen, (1, max(1, round(sensor.shake_px * scale))))
    if sensor.speed:
        seen = _rushing(seen, sensor.speed)
    return seen


def _rushing(picture: Picture, speed: float) -> Picture:
    """Average three pictures, each larger than the one before, as seen on the way ahead."""
    height, width = picture.shape[:2]
    middle = (width / 2, height * 0.45)
    result: Picture = picture * np.float32(1 / 3)
    for share in (0.5, 1.0):
        larger = cv2.getRotationMatrix2D(middle, 0, 1 + speed * share)
        warped = cv2.warpAffine(picture, larger, (width, height), borderMode=cv2.BORDER_REPLICATE)
        cv2.scaleAdd(warped, 1 / 3, result, result)
    return result


def _fringed(picture: Picture, fringe: float) -> Picture:
    """Draw red larger and blue smaller about the middle."""
    height, width = picture.shape[:2]
    red, green, blue = cv2.split(picture)
    planes = []
    for plane, size in ((red, 1 + fringe), (green, 1.0), (blue, 1 - fringe)):
        if size == 1.0:
            planes.append(plane)
            continue
        larger = cv2.getRotationMatrix2D((width / 2, height / 2), 0, size)
        planes.append(
            cv2.warpAffine(plane, larger, (width, height), borderMode=cv2.BORDER_REPLICATE)
        )
    return np.asarray(cv2.merge(planes), np.float32)


def _mix_colours(picture: Picture, sensor: Sensor) -> Picture:
    """Apply white balance, exposure and saturation in one matrix."""
    exposure = sensor.exposure
    if sensor.metering:
        # One pixel in 64 says how bright the whole is.
        mean = float(picture[::8, ::8].mean())
        exposure *= (_METERED / max(mean, 0.02)) ** sensor.metering
    gain = exposure * np.diag(sensor.white)
    grey = np.tile(np.array(_LUMA), (3, 1))
    saturate = sensor.saturation * np.eye(3) + (1 - sensor.saturation) * grey
    return np.asarray(cv2.transform(picture, saturate @ gain), np.float32)


@lru_cache(maxsize=4)
def _falloff(height: int, width: int) -> NDArray[np.float32]:
    """Give the squared distance from the middle, 1 in the corners."""
    squeeze = (height / width) ** 2
    down = np.square(np.linspace(-1, 1, height))[:, None] * squeeze
    across = np.square(np.linspace(-1, 1, width))[None, :]
    return np.asarray((down + across) / (1 + squeeze), np.float32)


def _vignette(height: int, width: int, strength: float) -> NDArray[np.float32]:
    return np.asarray(1 - np.float32(strength) * _falloff(height, width), np.float32)


def _add_noise(exposed: Picture, sensor: Sensor, look: int) -> None:
    """Add noise cut from a tile at places that `look` picks."""
    height, width = exposed.shape[:2]
    field = _grain(height, width)

    def cut(shift: int) -> NDArray[np.float32]:
        down, right = (look + 89 * shift) % _NOISE_PX, (look // _NOISE_PX + 151 * shift) % _NOISE_PX
        return field[down : down + height, right : right + width]

    common = cut(0) * np.float32(sensor.noise)
    if not sensor.chroma_noise:
        # Merged first: numpy takes several times as long to add one plane to three.
        exposed += cv2.merge([common] * 3)
        return
    for colour in range(3):
        exposed[..., colour] += common + np.float32(sensor.chroma_noise) * cut(colour + 1)


@lru_cache(maxsize=4)
def _grain(height: int, width: int) -> NDArray[np.float32]:
    """Give noise of standard deviation 1, one tile larger than a picture to cut it from."""
    tile = noise(_NOISE_PX, _NOISE_PX, 0.15, 81)
    tiles = (-(-height // _NOISE_PX) + 1, -(-width // _NOISE_PX) + 1)
    return np.tile(tile, tiles)
