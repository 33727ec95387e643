"""Write mat_files.npz: truth files as SBD has them, by SciPy, and the pixels that are in them.

pip install scipy==1.17.1 && python tests/datasets/golden/make_mat_golden.py
"""

import io
from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse

HEIGHT, WIDTH = 24, 80


def _file(segmentation, *, packed):
    boundaries = np.empty((20, 1), object)
    for index in range(20):
        edge = np.zeros((HEIGHT, WIDTH), bool)
        edge[index, : index + 1] = True
        boundaries[index, 0] = scipy.sparse.csc_matrix(edge)
    truth = {
        "Boundaries": boundaries,
        "Segmentation": segmentation,
        "CategoriesPresent": np.array([[7], [15]], np.uint8),
    }
    file = io.BytesIO()
    scipy.io.savemat(file, {"extra": [1.5, 2.5], "GTcls": truth}, do_compression=packed)
    return np.frombuffer(file.getvalue(), np.uint8)


def main():
    segmentation = np.zeros((HEIGHT, WIDTH), np.uint8)
    segmentation[4:20, 10:30] = 7  # car
    segmentation[2:22, 50:60] = 15  # person
    segmentation[0, :21] = np.arange(21)
    np.savez_compressed(
        Path(__file__).with_name("mat_files.npz"),
        segmentation=segmentation,
        plain=_file(segmentation, packed=False),
        packed=_file(segmentation, packed=True),
        doubles=_file(segmentation.astype(float), packed=True),
    )


if __name__ == "__main__":
    main()
