"""From a scene to its picture and truth: ground, then everything on it, then light and lens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from roadfcn.kitti.calibration import Calibration
from roadfcn.kitti.layout import TRUTH_NOT_ROAD, TRUTH_ROAD, TRUTH_VOID
from roadfcn.scenes.bodies.facets import Canvas, Facet, paint_facet
from roadfcn.scenes.bodies.meshes import Mesh, paint_mesh
from roadfcn.scenes.description.camera import scale_to
from roadfcn.scenes.description.conditions import Light
from roadfcn.scenes.description.scene import Colour, Scene, State
from roadfcn.scenes.description.street_class import StreetClass
from roadfcn.scenes.ground.ground import Ground, paint_ground
from roadfcn.scenes.ground.water import mirror_above
from roadfcn.scenes.light.glare import add_glare, glint
from roadfcn.scenes.light.lens import expose, through_air
from roadfcn.scenes.light.shadows import cast_shadows, find_shaded, throw_shadows
from roadfcn.scenes.light.sky import paint_sky, towards_sun
from roadfcn.scenes.light.windscreen import add_rain, add_veil, paint_bonnet
from roadfcn.scenes.things.objects import build

_TRUTH_COLOURS = np.array([TRUTH_NOT_ROAD, TRUTH_ROAD, TRUTH_VOID], np.uint8)


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
    _keep_memory()
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
    ground = paint_ground(canvas, projection, scene)
    obstacles, relief = scene.obstacles, scene.road.relief
    shadows = throw_shadows((*obstacles, *scene.casters), light)
    shade = cast_shadows(projection, size, obstacles, shadows, light, relief, ground.low)
    _light_ground(canvas, shade, ground.inverse_depth, light)
    _add_glint(canvas, shade, projection, ground, light)
    to_sun = towards_sun(light)
    away = [one.x_m**2 + one.z_m**2 for one in scene.obstacles]
    farthest_first = sorted(range(len(away)), key=lambda index: -away[index])
    shaded = find_shaded(obstacles, shadows)
    for index in farthest_first:
        here = _without_sun(light) if index in shaded else light
        for piece in build(scene.obstacles[index]):
            if isinstance(piece, Mesh):
                paint_mesh(canvas, projection, piece, here, to_sun)
            else:
                paint_facet(canvas, projection, piece, _illumination(piece, here, to_sun))
    if ground.water is not None:
        mirror_above(canvas, ground.inverse_depth, ground.water)
    if scene.sensor.bonnet is not None:
        paint_bonnet(canvas, scene.sensor.bonnet)
    picture = through_air(canvas, light)
    add_glare(picture, projection, light)
    if light.rain:
        add_rain(picture, light.rain, scene.look)
    if scene.sensor.veil:
        add_veil(picture, scene.sensor.veil, scene.look)
    image = expose(picture, scene.sensor, scene.look, size[0] / scene.size[0])
    lane = canvas.lane if scene.road.lane is not None else None
    return PaintedFrame(image, canvas.state, lane, canvas.street_class, calibration)


@lru_cache(maxsize=1)
def _keep_memory() -> None:
    """Let glibc keep the memory of big arrays for the next ones instead of giving it back.

    A picture takes hundreds of arrays of megabytes, one after the other; fetching their pages from
    the kernel time and again took a tenth of the time. glibc serves from memory that it keeps what
    is no larger than the largest block ever freed, up to 32 MiB (mallopt(3), M_MMAP_THRESHOLD).
    This one is never touched, so it costs nothing, and other allocators do not mind.
    """
    np.empty(31 * 2**20, np.uint8)


def _without_sun(light: Light) -> Light:
    """Give the light in a shadow: that of the sky, no brighter than it was."""
    return replace(light, sun=0.0, brightness=light.brightness * (1 - 0.85 * light.sun))


def _illumination(facet: Facet, light: Light, to_sun: NDArray[np.float64]) -> Colour:
    """Give the factors of light on a facet; level ground in the sun has 1."""
    normal = facet.normal()
    # Half the sky lights a wall, all of it a roof.
    sky = (1 - 0.85 * light.sun) * (0.8 - 0.2 * float(normal[1]))
    facing = 0.55 if facet.glow else max(0.0, float(normal @ to_sun))
    factor = sky + light.sun * min(1.4, facing / float(np.sin(light.elevation_rad)) ** 0.5)
    red, green, blue = (factor * light.brightness * part for part in light.tint)
    return red, green, blue


def _light_ground(
    canvas: Canvas, shade: NDArray[np.float32], ground: NDArray[np.float32], light: Light
) -> None:
    """Multiply the ground by its light; the sky has none but its own."""
    rows = slice(len(canvas.state) - len(ground), None)
    lit = shade[rows] * np.float32(light.brightness)
    is_sky = ~(ground > 0)
    for plane, tint in zip(canvas.colour, light.tint, strict=True):
        factor = lit * np.float32(tint)
        np.copyto(factor, 1, where=is_sky)
        plane[rows] *= factor


def _add_glint(
    canvas: Canvas,
    shade: NDArray[np.float32],
    projection: NDArray[np.float64],
    ground: Ground,
    light: Light,
) -> None:
    """Add the sunlight that the ground mirrors, wet ground more than dry."""
    height, width = canvas.state.shape
    rows = slice(height - len(ground.inverse_depth), height)
    pillar = glint(projection, rows, width, light, light.wet)
    if pillar is None:
        return
    pillar *= shade[rows] * (ground.inverse_depth > 0)
    for plane, tint in zip(canvas.colour, light.tint, strict=True):
        # Dark ground and bright paint shine alike: what glitters is the surface.
        plane[rows] += pillar * np.float32(tint * light.brightness)
