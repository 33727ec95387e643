"""CamVid's 32 classes: their names and colours, and which of the 11 classes each becomes.

Names and colours are those of CamVid's own `label_colors.txt` (Brostow et al., PRL 2009), in its
order. The 11 classes are SegNet's. SegNet published its folded label files but no table for the
fold; the one here is that of MathWorks' segmentation example for CamVid (`camvidPixelLabelIDs`),
which other public code repeats. It leaves out `Void` alone; how far SegNet's files differ from
it is in `docs/data.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.mask_decoding import Colour, ColourCode, IndexCode
from roadfcn.label_sets import CAMVID_11, VOID

VOID_CLASS = "Void"

CLASSES: tuple[tuple[str, Colour, str], ...] = (
    ("Animal", (64, 128, 64), "pedestrian"),
    ("Archway", (192, 0, 128), "building"),
    ("Bicyclist", (0, 128, 192), "bicyclist"),
    ("Bridge", (0, 128, 64), "building"),
    ("Building", (128, 0, 0), "building"),
    ("Car", (64, 0, 128), "car"),
    ("CartLuggagePram", (64, 0, 192), "pedestrian"),
    ("Child", (192, 128, 64), "pedestrian"),
    ("Column_Pole", (192, 192, 128), "pole"),
    ("Fence", (64, 64, 128), "fence"),
    ("LaneMkgsDriv", (128, 0, 192), "road"),
    ("LaneMkgsNonDriv", (192, 0, 64), "road"),
    ("Misc_Text", (128, 128, 64), "sign"),
    ("MotorcycleScooter", (192, 0, 192), "bicyclist"),
    ("OtherMoving", (128, 64, 64), "car"),
    ("ParkingBlock", (64, 192, 128), "pavement"),
    ("Pedestrian", (64, 64, 0), "pedestrian"),
    ("Road", (128, 64, 128), "road"),
    ("RoadShoulder", (128, 128, 192), "pavement"),
    ("Sidewalk", (0, 0, 192), "pavement"),
    ("SignSymbol", (192, 128, 128), "sign"),
    ("Sky", (128, 128, 128), "sky"),
    ("SUVPickupTruck", (64, 128, 192), "car"),
    ("TrafficCone", (0, 0, 64), "pole"),
    ("TrafficLight", (0, 64, 64), "sign"),
    ("Train", (192, 64, 128), "car"),
    ("Tree", (128, 128, 0), "tree"),
    ("Truck_Bus", (192, 128, 192), "car"),
    ("Tunnel", (64, 0, 64), "building"),
    ("VegetationMisc", (192, 192, 0), "tree"),
    (VOID_CLASS, (0, 0, 0), ""),
    ("Wall", (64, 192, 0), "building"),
)
"""Name, colour and the class it becomes; "" is void. The order is that of `codes.txt`, too."""

FOLD = tuple(VOID if name == VOID_CLASS else CAMVID_11.index(coarse) for name, _, coarse in CLASSES)
"""Mask value of each of the 32."""

COLOUR_CODE = ColourCode(
    tuple((colour, value) for (_, colour, _), value in zip(CLASSES, FOLD, strict=True))
)
"""Truth as published: colours."""


@dataclass(frozen=True)
class _FoldedIndexCode:
    """Truth as fast.ai's copy has it: one channel, the number of each class in `CLASSES`."""

    fine = IndexCode(len(CLASSES), ())

    def decode(self, picture: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
        """Turn H,W uint8 values into a mask of the 11 classes.

        Raises:
            MaskError: The picture has colours, or a value that is no label.
        """
        return np.array(FOLD, np.uint8)[self.fine.decode(picture, path)]


INDEX_CODE = _FoldedIndexCode()
