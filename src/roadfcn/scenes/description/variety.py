"""How much of the world a set of scenes shows: presets, and features to leave out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from roadfcn.errors import ConfigError


@dataclass(frozen=True)
class Variety:
    """What may differ from street to street, beside its plan and what stands on it.

    Without `cameras`, `relief`, `surfaces`, `light` or `sensor` all else of a scene stays as it
    is, and without `tracks` the road itself. `colours` and `clutter` take chance numbers only
    where they are on, so without one of them other houses, plants, vehicles and people stand on
    the same ground.

    Args:
        cameras: Fields of view, heights, pitch and roll as of all kinds of dashboards, bonnets in
            view; without it, KITTI's camera.
        relief: Roads that climb, fall and go over crests.
        colours: Asphalt, paving, plants, walls and cars of every usual colour, in all seasons, so
            that colour alone does not tell what is road; without it, neutral asphalt among warmer
            surfaces, in summer.
        surfaces: Patches, cracks, stains, manholes, tram rails, puddles, leaves; arrows, words and
            other paint that is not lines along the road.
        tracks: Cycle tracks and beds of trams beside the road, mostly of asphalt as it has: paved,
            and not road. They move outwards what else lies and stands there.
        light: Low and dazzling sun, dusk, fog, rain, wet roads and umbrellas, shadows of what is
            out of view, and with `surfaces` slush; without it, fair weather by day.
        sensor: Strong differences of exposure, white balance, contrast, noise, motion blur and
            JPEG quality; without it, a good camera.
        clutter: The less usual things: bollards, bins, barriers, road works, bridges, buses,
            crowds, cars on the pavement, trees over the road.
    """

    cameras: bool
    relief: bool
    colours: bool
    surfaces: bool
    tracks: bool
    light: bool
    sensor: bool
    clutter: bool


FEATURES = tuple(field.name for field in fields(Variety))

PRESETS = {
    "kitti": Variety(
        cameras=False,
        relief=True,
        colours=False,
        surfaces=True,
        tracks=False,
        light=False,
        sensor=False,
        clutter=True,
    ),
    "anywhere": Variety(**dict.fromkeys(FEATURES, True)),
}
"""kitti: the benchmark's camera and weather. anywhere: all there is, to learn for other roads."""


def choose_variety(preset: str, without: Iterable[str] = ()) -> Variety:
    """Give a preset with some of its features taken out.

    Raises:
        ConfigError: An unknown preset or feature.
    """
    if preset not in PRESETS:
        raise ConfigError(
            f"the preset is '{preset}'", allowed=", ".join(PRESETS), do="choose one of them"
        )
    left_out = tuple(without)
    for name in left_out:
        if name not in FEATURES:
            raise ConfigError(
                f"the feature to leave out is '{name}'",
                allowed=", ".join(FEATURES),
                do="choose among them",
            )
    return replace(PRESETS[preset], **dict.fromkeys(left_out, False))
