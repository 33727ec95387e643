"""How a scene looks: frozen records of light and weather, of the camera, of the road's surface.

None of them changes where anything is, so none of them changes the truth but a bonnet in view.
Colours are red, green, blue in 0..1 as a camera would show them in full light.
"""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """Sun, sky and weather.

    Args:
        azimuth_rad: Where the sun stands, 0 ahead, positive to the right.
        elevation_rad: Its height above the horizon.
        sun: Share of the light that comes from the sun, 0 (overcast) .. 0.8.
        tint: Colour of the light.
        cloud: Share of the sky under clouds, 0..1.
        haze: Extinction per metre.
        haze_colour: What far things fade to.
        sky_low: The sky at the horizon.
        sky_high: The sky high above.
        cloud_colour: The clouds.
        brightness: Of all that is lit by the sky, against the sky's own colours.
        glare: Veil of light around the sun and bloom around what is bright, 0..1.
        softness: Width of the rims of shadows, 1 for a clear sky.
        dapple: How much sun falls through the crowns of trees, 0..1.
        rain: How hard it rains, 0..1.
        wet: How wet the ground is, 0..1.
    """

    azimuth_rad: float
    elevation_rad: float
    sun: float
    tint: Colour
    cloud: float
    haze: float
    haze_colour: Colour = (0.80, 0.84, 0.89)
    sky_low: Colour = (0.86, 0.91, 0.97)
    sky_high: Colour = (0.42, 0.60, 0.90)
    cloud_colour: Colour = (0.97, 0.97, 0.98)
    brightness: float = 1.0
    glare: float = 0.0
    softness: float = 1.0
    dapple: float = 0.0
    rain: float = 0.0
    wet: float = 0.0


@dataclass(frozen=True)
class Bonnet:
    """The camera's own car at the lower rim of the picture.

    Args:
        height: Of its highest point, as a share of the picture's height.
        bulge: How much lower its sides are, as a share of its height.
        middle: Where it is highest, 0 the left rim of the picture, 1 the right one.
        colour: Of the paint, or of a dark dashboard.
        shine: How much of the sky it mirrors, 0..1.
    """

    height: float
    bulge: float
    middle: float
    colour: Colour
    shine: float


@dataclass(frozen=True)
class Sensor:
    """The camera, what it makes of the light, and the windscreen before it.

    Args:
        exposure: Factor on all colours.
        metering: How far automatic exposure evens out how bright the scene is, 0..1.
        white: Factors on red, green and blue: the white balance.
        gamma: Exponent of the tone curve; below 1 lifts the dark.
        contrast: Strength of an S-shaped tone curve; negative ones flatten.
        black: What black is recorded as, 0..1.
        saturation: 0 grey, 1 as it is.
        noise: Standard deviation of the noise common to all colours, 0..1 scale.
        chroma_noise: Standard deviation of the noise of each colour.
        blur_px: Standard deviation of the lens blur in pixels of a full-size picture.
        shake_px: Length of the blur up and down, in pixels of a full-size picture.
        speed: Blur away from where the car goes, as a share of the distance from there.
        vignette: Loss of light in the corners, 0..1.
        fringe: By how much red is drawn larger than blue, as a share of the picture's size.
        sharpening: Strength of the unsharp mask of cheap cameras.
        jpeg_quality: 1..100; None for no compression.
        veil: Light scattered by a dirty windscreen and its reflection of the dashboard, 0..1.
        bonnet: None where it is out of view.
    """

    exposure: float = 1.0
    metering: float = 0.0
    white: Colour = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    contrast: float = 0.0
    black: float = 0.0
    saturation: float = 1.0
    noise: float = 0.0
    chroma_noise: float = 0.0
    blur_px: float = 0.3
    shake_px: float = 0.0
    speed: float = 0.0
    vignette: float = 0.0
    fringe: float = 0.0
    sharpening: float = 0.0
    jpeg_quality: int | None = None
    veil: float = 0.0
    bonnet: Bonnet | None = None


FLAWLESS = Sensor()


@dataclass(frozen=True)
class Decal:
    """Something flat on the ground: a patch, a crack, a manhole, an arrow, a word.

    Args:
        kind: One of `outlines.KINDS`.
        s_m: Its middle.
        z_m: Its middle.
        width_m: Extent across the road.
        length_m: Extent along the road.
        tone: Factor on the brightness of what it lies on; unused where there is a colour.
        colour: Paint or surfacing; None for wear, which only darkens or brightens.
        opacity: 0..1, how much of it is left.
        variant: Picks among looks; outlines take it modulo what they have.
        text: What words say, for the kind "word".
        raised: Whether it lies on the raised strips instead of the road.
    """

    kind: str
    s_m: float
    z_m: float
    width_m: float
    length_m: float
    tone: float = 1.0
    colour: Colour | None = None
    opacity: float = 1.0
    variant: int = 0
    text: str = ""
    raised: bool = False


@dataclass(frozen=True)
class Band:
    """A band along the road that is darker or brighter, with soft edges: `factor` in its middle."""

    s_m: float
    width_m: float
    factor: float


@dataclass(frozen=True)
class RoadWear:
    """What years and weather have made of the ground.

    Args:
        asphalt: Which of the atlas's surfaces the road has.
        paving: Which of its looks each other material has, modulo what there are.
        mottle: Contrast of large soft spots.
        bands: Wheel tracks, drips of oil between them, dirt along the kerbs.
        crazing: Share of the surface with a net of fine cracks, 0..1.
        puddles: Share of the surface under water, 0..1.
        leaves: How many dry leaves and how much litter lies along the edges, 0..1.
        bare: Share of the grass that is worn down to the earth, 0..1.
        snow: Slush, 0 none .. 1 everywhere but in the wheel tracks.
        decals: All that has outlines, in the order in which it is laid.
        phase: A number that shifts all patterns.
    """

    asphalt: int = 0
    paving: int = 0
    mottle: float = 0.05
    bands: tuple[Band, ...] = ()
    crazing: float = 0.0
    puddles: float = 0.0
    leaves: float = 0.0
    bare: float = 0.0
    snow: float = 0.0
    decals: tuple[Decal, ...] = ()
    phase: int = 0


PRISTINE = RoadWear()
