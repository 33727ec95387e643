"""Public data sets that are known by name."""

from __future__ import annotations

from pathlib import Path

from roadfcn.datasets.kitti_road import ARCHIVE_FOLDER
from roadfcn.downloads.known_file import KnownFile, Licence, catalogue_of
from roadfcn.kitti.layout import IMAGE_FOLDER, TESTING, TRAINING, TRUTH_FOLDER

DATASETS = catalogue_of(
    KnownFile(
        name="kitti-road",
        summary="KITTI Road: 289 pictures to train on with their truth, 290 to test on",
        # KITTI's own storage, to which its download page leads; no hash has been published.
        address="https://s3.eu-central-1.amazonaws.com/avg-kitti/data_road.zip",
        file_name="data_road.zip",
        kind="zip",
        licence=Licence(
            "CC BY-NC-SA 3.0: name the authors, no commercial use, share alike",
            "https://www.cvlibs.net/datasets/kitti/eval_road.php",
            must_be_accepted=True,
        ),
        unpacks_to=Path("data") / ARCHIVE_FOLDER,
        holds=(
            f"{TRAINING}/{IMAGE_FOLDER}",
            f"{TRAINING}/{TRUTH_FOLDER}",
            f"{TESTING}/{IMAGE_FOLDER}",
        ),
    ),
)
"""What `roadfcn data fetch` knows."""
