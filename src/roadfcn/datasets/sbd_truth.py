"""Reads SBD's truth: the class of each pixel, in a MATLAB file for each picture.

`cls/NAME.mat` holds a structure `GTcls` whose field `Segmentation` is a matrix of VOC's class
indices, 0 for background (Hariharan et al., ICCV 2011; README of the benchmark's archive).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.datasets.mat_files import read_matrix

SUFFIX = ".mat"


def read_segmentation(path: Path) -> NDArray[np.uint8]:
    """Read a truth file as H,W uint8 class indices, as stored.

    Raises:
        ImageFileError: The file is missing, damaged, or no truth of SBD's.
    """
    return read_matrix(path, "GTcls", "Segmentation")
