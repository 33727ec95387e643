"""From a scene to its picture and truth: ground, then everything on it, then light and lens."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from roadfcn.kitti.calibration import Calibration
from roadfcn.kitti.layout import TRUTH_NOT_ROAD, TRUTH_ROAD, TRUTH_VOID
from roadfcn.scenes.camera import scale_to
from roadfcn.scenes.facets import Canvas, Facet, paint_facet
from roadfcn.scenes.ground import paint_ground
from roadfcn.scenes.objects import build
from roadfcn.scenes.scene import FULL_SIZE, Colour, Light, Scene, State
from roadfcn.scenes.shadows import cast_shadows
from roadfcn.scenes.sky import paint_sky
from roadfcn.scenes.street_class import StreetClass
from roadfcn.scenes.textures import noise

_TRUTH_COLOURS = np.array([TRUTH_NOT_ROAD, TRUTH_ROAD, TRUTH_VOID], np.uint8)
_NEAREST_SKY = np.float32(1e-3)
_HAZE = (0.80, 0.84, 0.89)


@dataclass(frozen=True, eq=False)
class PaintedFrame:
    """A picture with everything that is known about it.

    Args:
        image: H,W,3 uint8 RGB.
        state: H,W uint8 of `State`, of the nearest surface at each pixel centre.
        lane: H,W bool, the visible own lane; None but for um scenes.
        street_class: H,W uint8 of `StreetClass`, of the same surfaces.
        calibration: Of this picture at its size.
    """

    image: NDArray[np.uint8]
    state: NDArray[np.uint8]
    lane: NDArray[np.bool_] | None
    street_class: NDArray[np.uint8]
    calibration: Calibration

    def road_truth(self) -> NDArray[np.uint8]:
        """Give the truth picture for the road, H,W,3 uint8 RGB in KITTI's colours."""
        return _TRUTH_COLOURS[self.state]

    def lane_truth(self) -> NDArray[np.uint8] | None:
        """Give the truth picture for the own lane, void where the road's is; None if no lane."""
        if self.lane is None:
            return None
        lane_state = np.where(
            self.state == State.VOID, State.VOID, np.where(self.lane, State.ROAD, State.NOT_ROAD)
        )
        return _TRUTH_COLOURS[lane_state]


def paint(scene: Scene, size: tuple[int, int] | None = None) -> PaintedFrame:
    """Paint a scene at a size (height, width), as the full-size picture resized would look."""
    size = size or scene.size
    calibration = scale_to(scene.calibration, size, scene.size)
    projection = calibration.projection_from_road()
    canvas = Canvas(
        colour=np.zeros((3, *size), np.float32),
        inverse_depth=np.zeros(size, np.float32),
        state=np.full(size, State.NOT_ROAD, np.uint8),
        lane=np.zeros(size, np.bool_),
        street_class=np.full(size, StreetClass.SKY, np.uint8),
    )
    light = scene.light
    paint_sky(canvas, projection, light, scene.road.relief, scene.look)
    paint_ground(canvas, projection, scene)
    shade = cast_shadows(projection, size, scene.obstacles, light, scene.road.relief)
    np.multiply(canvas.colour, shade, out=canvas.colour, where=canvas.inverse_depth > 0)
    towards_sun = _direction(light)
    farthest_first = sorted(scene.obstacles, key=lambda one: -(one.x_m**2 + one.z_m**2))
    for obstacle in farthest_first:
        for facet in build(obstacle):
            paint_facet(canvas, projection, facet, _illumination(facet, light, towards_sun))
    image = _expose(canvas, light, scene.look)
    lane = canvas.lane if scene.road.lane is not None else None
    return PaintedFrame(image, canvas.state, lane, canvas.street_class, calibration)


def _direction(light: Light) -> NDArray[np.float64]:
    """Give the unit vector to the sun in road coordinates (Y down)."""
    level = np.cos(light.elevation_rad)
    return np.array(
        [
            level * np.sin(light.azimuth_rad),
            -np.sin(light.elevation_rad),
            level * np.cos(light.azimuth_rad),
        ]
    )


def _illumination(facet: Facet, light: Light, towards_sun: NDArray[np.float64]) -> Colour:
    """Give the factors of light on a facet; level ground in the sun has 1."""
    normal = facet.normal()
    # Half the sky lights a wall, all of it a roof.
    sky = (1 - 0.85 * light.sun) * (0.8 - 0.2 * float(normal[1]))
    facing = 0.55 if facet.glow else max(0.0, float(normal @ towards_sun))
    factor = sky + light.sun * min(1.4, facing / float(np.sin(light.elevation_rad)) ** 0.5)
    red, green, blue = (factor * part for part in light.tint)
    return red, green, blue


def _expose(canvas: Canvas, light: Light, look: int) -> NDArray[np.uint8]:
    """Add haze, blur as the lens does, expose, clip softly, add the sensor's noise."""
    height, width = canvas.state.shape
    # The sky has its own haze; its inverse depth of 0 would give it all of this.
    depth = 1 / np.maximum(canvas.inverse_depth, _NEAREST_SKY)
    clear = np.exp(np.float32(-light.haze) * depth)
    clear[canvas.inverse_depth == 0] = 1
    noise_tile = np.float32(light.noise) * _grain(height, width, look)
    planes = []
    for plane, haze, tint in zip(canvas.colour, _HAZE, light.tint, strict=True):
        seen = (plane - np.float32(haze)) * clear + np.float32(haze)
        seen = cv2.GaussianBlur(seen, (0, 0), light.blur_px * height / FULL_SIZE[0])
        seen *= np.float32(tint * light.exposure)
        # Linear up to 0.75, then bent so that bright walls and sky keep some drawing.
        bright = np.maximum(seen - np.float32(0.75), 0)
        seen -= bright * bright / (bright + np.float32(0.35))
        seen += noise_tile
        planes.append(np.clip(seen * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8))
    return np.stack(planes, axis=2)


def _grain(height: int, width: int, look: int) -> NDArray[np.float32]:
    """Give the pattern of sensor noise, standard deviation 1, cut from a tile at a random place."""
    tile = noise(512, 512, 0.0, 81)
    down, right = look % 512, look // 512 % 512
    tiles = (-(-(height + down) // 512), -(-(width + right) // 512))
    return np.tile(tile, tiles)[down : down + height, right : right + width]
