from pathlib import Path

import numpy as np
import pytest

from roadfcn.datasets.camvid_32_classes import CLASSES, COLOUR_CODE, INDEX_CODE
from roadfcn.errors import MaskError
from roadfcn.label_sets import CAMVID_11

PUBLISHED = """\
64 128 64 Animal
192 0 128 Archway
0 128 192 Bicyclist
0 128 64 Bridge
128 0 0 Building
64 0 128 Car
64 0 192 CartLuggagePram
192 128 64 Child
192 192 128 Column_Pole
64 64 128 Fence
128 0 192 LaneMkgsDriv
192 0 64 LaneMkgsNonDriv
128 128 64 Misc_Text
192 0 192 MotorcycleScooter
128 64 64 OtherMoving
64 192 128 ParkingBlock
64 64 0 Pedestrian
128 64 128 Road
128 128 192 RoadShoulder
0 0 192 Sidewalk
192 128 128 SignSymbol
128 128 128 Sky
64 128 192 SUVPickupTruck
0 0 64 TrafficCone
0 64 64 TrafficLight
192 64 128 Train
128 128 0 Tree
192 128 192 Truck_Bus
64 0 64 Tunnel
192 192 0 VegetationMisc
0 0 0 Void
64 192 0 Wall
"""
"""CamVid's own label_colors.txt."""

GROUPS = {
    "sky": "Sky",
    "building": "Bridge Building Wall Tunnel Archway",
    "pole": "Column_Pole TrafficCone",
    "road": "Road LaneMkgsDriv LaneMkgsNonDriv",
    "pavement": "Sidewalk ParkingBlock RoadShoulder",
    "tree": "Tree VegetationMisc",
    "sign": "SignSymbol Misc_Text TrafficLight",
    "fence": "Fence",
    "car": "Car SUVPickupTruck Truck_Bus Train OtherMoving",
    "pedestrian": "Pedestrian Child CartLuggagePram Animal",
    "bicyclist": "Bicyclist MotorcycleScooter",
}
"""The groups of MathWorks' camvidPixelLabelIDs."""

PATH = Path("0006R0_f00930_L.png")


def _published():
    for line in PUBLISHED.splitlines():
        red, green, blue, name = line.split()
        yield name, (int(red), int(green), int(blue))


def _expected_mask():
    folded = {fine: coarse for coarse, names in GROUPS.items() for fine in names.split()}
    return [
        255 if name == "Void" else CAMVID_11.classes.index(folded[name]) for name, _ in _published()
    ]


def test_names_and_colours_are_the_published_ones_in_their_order():
    assert [(name, colour) for name, colour, _ in CLASSES] == list(_published())


def test_each_colour_becomes_the_class_of_its_group_and_void_alone_stays_void():
    picture = np.array([[colour for _, colour in _published()]], np.uint8)
    assert COLOUR_CODE.decode(picture, PATH)[0].tolist() == _expected_mask()


def test_the_numbers_of_the_classes_fold_alike():
    picture = np.arange(32, dtype=np.uint8)[None]
    assert INDEX_CODE.decode(picture, PATH)[0].tolist() == _expected_mask()


def test_a_colour_between_two_classes_is_refused():
    picture = np.full((2, 3, 3), (96, 64, 128), np.uint8)
    with pytest.raises(MaskError, match=r"holds 6 px of \(96, 64, 128\)"):
        COLOUR_CODE.decode(picture, PATH)


def test_a_number_that_is_no_class_is_refused():
    with pytest.raises(MaskError, match="1 px of value 32") as caught:
        INDEX_CODE.decode(np.array([[0, 32]], np.uint8), PATH)
    assert caught.value.allowed == "only the values 0..31"
