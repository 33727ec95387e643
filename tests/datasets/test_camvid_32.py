import shutil
from collections import Counter

import numpy as np
import pytest

from data_trees import CAMVID_CODES as CODES
from roadfcn.datasets.camvid_32 import segnet_split
from roadfcn.datasets.checks import check_dataset
from roadfcn.datasets.layouts import open_dataset
from roadfcn.datasets.statistics import compute_statistics
from roadfcn.errors import DatasetError, MaskError
from roadfcn.label_sets import CAMVID_11

STILLS = ["0001TP_006690", "0001TP_008550", "0006R0_f00930", "0016E5_07959", "Seq05VD_f00000"]


def _names(root, split):
    return [frame.name for frame in open_dataset(root, split).frames]


def test_the_published_folders_are_split_as_segnet_splits_them(make_camvid_32):
    root = make_camvid_32(STILLS)
    assert _names(root, "train") == ["0001TP_006690", "0006R0_f00930"]
    assert _names(root, "val") == ["0016E5_07959"]
    assert _names(root, "test") == ["0001TP_008550", "Seq05VD_f00000"]
    assert len(_names(root, "all")) == 5
    dataset = open_dataset(root, "train")
    assert (dataset.name, dataset.label_set) == ("camvid-32", CAMVID_11)
    # Road, LaneMkgsDriv, SUVPickupTruck, Sidewalk, Void: road, road, car, pavement, void.
    assert dataset[0].mask[5, ::16].tolist() == [3, 3, 8, 4, 255]


def test_segnets_split_has_its_published_numbers_of_frames_of_each_drive():
    stills = [f"0001TP_{number:06d}" for number in range(6690, 10381, 30)]
    stills += [f"0006R0_f{number:05d}" for number in range(930, 3931, 30)]
    stills += [f"Seq05VD_f{number:05d}" for number in range(0, 5101, 30)]
    stills += [f"0016E5_{number:05d}" for number in range(7959, 8160, 2)]
    counts = Counter((segnet_split(name), name.partition("_")[0]) for name in stills)
    assert counts == {
        ("train", "0001TP"): 62,
        ("test", "0001TP"): 62,
        ("train", "0006R0"): 101,
        ("test", "Seq05VD"): 171,
        ("val", "0016E5"): 101,
    }
    assert segnet_split("0016E5_07920") == segnet_split("0016E5_08190") == "train"


@pytest.mark.real_data
def test_segnets_split_is_that_of_its_own_folders(camvid):
    for part in ("train", "val"):
        names = _names(camvid, part)
        assert {segnet_split(name) for name in names} == {part}


def test_folders_for_each_split_are_read_as_they_are(make_camvid_32):
    for part, names in {"train": STILLS[:3], "val": STILLS[3:4]}.items():
        root = make_camvid_32(names, images=part, truth=f"{part}_labels")
    assert _names(root, "train") == sorted(STILLS[:3])
    assert _names(root, "val") == STILLS[3:4]
    assert _names(root, "all")[-1] == f"val/{STILLS[3]}"
    with pytest.raises(DatasetError, match=r"'test' .* has no pictures"):
        open_dataset(root, "test")


def test_fast_ais_numbers_and_list_are_read(make_fast_ai):
    root = make_fast_ai(STILLS, codes=CODES, valid=[f"{STILLS[3]}.png"])
    assert _names(root, "val") == [STILLS[3]]
    assert len(_names(root, "train")) == 4
    mask = open_dataset(root, "val")[0].mask
    assert np.unique(mask).tolist() == [*range(11), 255]
    with pytest.raises(DatasetError, match=r"no pictures: fast\.ai's copy .* has no test split"):
        open_dataset(root, "test")


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (
            [*CODES[:4], CODES[5], CODES[4], *CODES[6:]],
            "lists 'Car' as class 4, .* 'Building'",
        ),
        (CODES[:31], "lists nothing as class 31, where CamVid has 'Wall'"),
        ([*CODES, "Tram"], "lists 'Tram' as class 32, where CamVid has no more"),
    ],
)
def test_other_codes_are_refused_because_the_numbers_mean_something_else(
    make_fast_ai, codes, words
):
    with pytest.raises(DatasetError, match=words):
        open_dataset(make_fast_ai(STILLS, codes=codes, valid=[]))


def test_codes_that_are_no_text_are_refused(make_fast_ai):
    root = make_fast_ai(STILLS, codes=CODES, valid=[])
    (root / "codes.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=r"codes\.txt cannot be read"):
        open_dataset(root)


def test_two_copies_in_one_folder_are_refused(make_camvid_32):
    make_camvid_32(STILLS)
    root = make_camvid_32(STILLS, images="train", truth="train_labels")
    with pytest.raises(DatasetError, match="holds CamVid's pictures in 2 ways"):
        open_dataset(root)


def test_a_missing_truth_and_a_foreign_name_are_found(make_camvid_32):
    root = make_camvid_32(STILLS)
    truth = root / "LabeledApproved_full"
    (truth / f"{STILLS[0]}_L.png").rename(truth / f"{STILLS[0]}.png")
    shutil.copy(root / "701_StillsRaw_full" / f"{STILLS[2]}.png", root / "701_StillsRaw_full/a.png")
    found = {finding.where: finding.what for finding in check_dataset(root).findings}
    assert found[f"train/{STILLS[0]}"].endswith("has no truth")
    for stranger in (f"LabeledApproved_full/{STILLS[0]}.png", "701_StillsRaw_full/a.png"):
        assert "does not fit the layout camvid-32" in found[stranger]
    with pytest.raises(DatasetError, match=r"1 of 2 frames .* have no truth"):
        open_dataset(root)


def test_a_jpeg_like_truth_is_refused_when_it_is_read(make_camvid_32):
    root = make_camvid_32(STILLS)
    shutil.copy(
        root / "701_StillsRaw_full" / f"{STILLS[0]}.png",
        root / "LabeledApproved_full" / f"{STILLS[0]}_L.png",
    )
    with pytest.raises(MaskError, match="further colours"):
        open_dataset(root)[0]


def test_there_is_no_lane_truth(make_camvid_32):
    with pytest.raises(DatasetError, match="has no lane truth"):
        open_dataset(make_camvid_32(STILLS), target="lane")


def test_stripes_are_counted_by_class_and_void(make_camvid_32):
    statistics = compute_statistics(open_dataset(make_camvid_32(STILLS), "val"))
    shares = {row.name: row.share for row in statistics.classes if row.pixels}
    assert shares == {"road": 0.5, "car": 0.25, "pavement": 0.25}
    assert statistics.void_share == pytest.approx(0.2)
    assert statistics.frames_with_truth == 1
