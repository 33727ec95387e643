"""Frames named as CamVid's, which tell their drives."""

import numpy as np
import pytest

from roadfcn.image_files import write_image


def camvid(root, *, splits):
    """Write frames named as CamVid's, by split; gives the folder."""
    generator = np.random.default_rng(0)
    for split, names in splits.items():
        for name in names:
            image = generator.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            write_image(root / split / f"{name}.png", image)
            mask = generator.integers(0, 12, (16, 16), dtype=np.uint8)
            write_image(root / f"{split}annot" / f"{name}.png", mask)
    return root


@pytest.fixture
def drives(tmp_path):
    names = ["0001TP_006690", "0006R0_f00930", "0006R0_f00960", "0016E5_00390"]
    return camvid(tmp_path / "camvid", splits={"train": names, "val": ["0016E5_07959"]})
