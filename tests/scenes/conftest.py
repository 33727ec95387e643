"""A plain street to look at: straight, two lanes, kerb and pavement, nothing on it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from roadfcn.scenes.bodies.facets import Canvas
from roadfcn.scenes.description.camera import pose_camera
from roadfcn.scenes.description.conditions import Light
from roadfcn.scenes.description.scene import (
    FULL_SIZE,
    Curve,
    Line,
    Material,
    Obstacle,
    Road,
    Scene,
    State,
    Strip,
)
from roadfcn.scenes.description.street_class import StreetClass

GREY, GREEN = (0.4, 0.4, 0.4), (0.2, 0.4, 0.15)


@pytest.fixture
def light():
    """Overcast, no haze or tint: what is painted is what is seen."""
    return Light(
        azimuth_rad=0.0,
        elevation_rad=math.radians(45),
        sun=0.0,
        tint=(1.0, 1.0, 1.0),
        cloud=0.3,
        haze=0.0,
    )


@pytest.fixture
def road():
    """Road from s = -3.5 to 3.5; left a strip of grass, then void asphalt; right a pavement."""
    return Road(
        curve=Curve(offset_m=-1.7, slope=0.01, bend_per_m=0.004),
        left_m=-3.5,
        right_m=3.5,
        strips=(
            Strip(-9.0, Material.GRASS, GREEN),
            Strip(-5.0, Material.ASPHALT, GREY, State.VOID),
            Strip(-3.5, Material.GRASS, GREEN),
            Strip(3.5, Material.ASPHALT, GREY, State.ROAD),
            Strip(3.7, Material.KERB, (0.7, 0.7, 0.7), raised=True),
            Strip(6.0, Material.SLABS, (0.6, 0.55, 0.5), raised=True),
            Strip(np.inf, Material.GRASS, GREEN),
        ),
        lines=(Line(0.0, 0.15, 3.0, 6.0),),
        lane=(0.0, 3.5),
    )


@pytest.fixture
def scene(road, light):
    camera = pose_camera(height_m=1.63, pitch=-0.011, yaw=0.013, roll=0.009)
    return Scene(camera, road, light, obstacles=(), look=5)


@pytest.fixture
def stand():
    """Give a function that stands obstacles in a scene."""

    def add(scene, *obstacles):
        return replace(scene, obstacles=(*scene.obstacles, *obstacles))

    return add


@pytest.fixture
def wall():
    """Give a function that makes a solid box."""

    def make(x_m, z_m, *, size=(2.0, 1.5, 1.0), heading=0.2, colour=(0.9, 0.1, 0.1)):
        width, height, length = size
        return Obstacle("wall", x_m, z_m, heading, width, height, length, colour)

    return make


@pytest.fixture
def canvas():
    """A black picture of road at infinity."""
    return Canvas(
        np.zeros((3, *FULL_SIZE), np.float32),
        np.zeros(FULL_SIZE, np.float32),
        np.full(FULL_SIZE, State.ROAD, np.uint8),
        np.ones(FULL_SIZE, bool),
        np.full(FULL_SIZE, StreetClass.ROAD, np.uint8),
    )
