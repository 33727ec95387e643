"""The 11 street classes of a surface, for the second truth that scenes come with."""

from __future__ import annotations

from enum import IntEnum

from roadfcn.label_sets import CAMVID_11, VOID


class StreetClass(IntEnum):
    """CamVid's 11 classes; the value is the index in `label_sets.CAMVID_11`."""

    SKY = CAMVID_11.index("sky")
    BUILDING = CAMVID_11.index("building")
    POLE = CAMVID_11.index("pole")
    ROAD = CAMVID_11.index("road")
    PAVEMENT = CAMVID_11.index("pavement")
    TREE = CAMVID_11.index("tree")
    SIGN = CAMVID_11.index("sign")
    FENCE = CAMVID_11.index("fence")
    CAR = CAMVID_11.index("car")
    PEDESTRIAN = CAMVID_11.index("pedestrian")
    BICYCLIST = CAMVID_11.index("bicyclist")
    UNKNOWN = VOID
