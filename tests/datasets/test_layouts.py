import shutil
from pathlib import Path

import pytest

from roadfcn.datasets.layouts import LAYOUTS, detect_layout, open_dataset
from roadfcn.errors import DatasetError


def test_each_layout_is_found_out(
    make_kitti, make_camvid, make_camvid_32, make_cityscapes, make_voc, make_sbd, make_own
):
    assert detect_layout(make_own(["a"])) == "folders"
    assert detect_layout(make_kitti({"um": 1})) == "kitti-road"
    assert detect_layout(make_camvid({"val": 1})) == "camvid"
    assert detect_layout(make_camvid_32(["0006R0_f00930"])) == "camvid-32"
    assert detect_layout(make_cityscapes({"train/aachen": 1})) == "cityscapes"
    assert detect_layout(make_voc({"train": ["2007_000032"]})) == "voc"
    assert detect_layout(make_sbd({"train": ["2008_000002"]})) == "sbd"
    assert list(LAYOUTS) == [
        "kitti-road",
        "camvid",
        "camvid-32",
        "cityscapes",
        "voc",
        "sbd",
        "voc-sbd",
        "folders",
    ]


def test_voc_and_sbd_in_one_folder_can_be_read_in_three_ways_so_one_has_to_be_named(
    make_voc, make_sbd, tmp_path
):
    make_voc({"train": ["2007_000032"], "val": ["2007_000033"]})
    make_sbd({"train": ["2008_000002"]})
    with pytest.raises(
        DatasetError, match="can be read as voc and as sbd and as voc-sbd"
    ) as caught:
        open_dataset(tmp_path)
    assert caught.value.do == "say which with --layout voc|sbd|voc-sbd"
    names = {
        layout: [frame.name for frame in open_dataset(tmp_path, layout=layout).frames]
        for layout in ("voc", "sbd", "voc-sbd")
    }
    assert names == {"voc": ["2007_000032"], "sbd": ["2008_000002"], "voc-sbd": ["2008_000002"]}


def test_the_folder_of_the_archive_may_be_left_out(make_kitti):
    root = make_kitti({"um": 1}, folder="data/data_road")
    inner, outer = open_dataset(root, "all"), open_dataset(root.parent, "all")
    assert inner.frames == outer.frames
    assert outer.root == root
    assert inner.split_hash == outer.split_hash


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"there is no folder .*gone") as caught:
        open_dataset(tmp_path / "gone")
    assert caught.value.do == "check the path"


def test_a_missing_folder_is_named_with_a_layout_given_too(tmp_path):
    with pytest.raises(DatasetError, match=r"there is no folder .*gone"):
        open_dataset(tmp_path / "gone", layout="camvid")


def test_a_file_is_no_data_folder(tmp_path):
    (tmp_path / "data.zip").touch()
    with pytest.raises(DatasetError, match=r"data\.zip is a file"):
        open_dataset(tmp_path / "data.zip")


def test_an_empty_folder_says_how_to_get_data(tmp_path):
    with pytest.raises(DatasetError, match="is empty") as caught:
        open_dataset(tmp_path)
    assert "roadfcn scenes" in caught.value.do


def test_a_folder_that_may_not_be_read_is_named(make_camvid, monkeypatch):
    root = make_camvid({"train": 1})

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(DatasetError, match=r"camvid cannot be listed: Permission denied"):
        open_dataset(root)


def test_an_unknown_folder_tells_what_was_looked_for_and_what_is_there(tmp_path):
    (tmp_path / "photos").mkdir()
    for index in range(7):
        (tmp_path / f"z{index}.txt").touch()
    with pytest.raises(DatasetError) as caught:
        open_dataset(tmp_path)
    assert caught.value.found == (
        f"{tmp_path} has no layout that is known: it holds photos/, z0.txt, z1.txt, z2.txt, "
        "z3.txt, z4.txt and 2 more"
    )
    assert caught.value.allowed == (
        "kitti-road: training/image_2 or testing/image_2; "
        "camvid: train, val or test beside trainannot, valannot or testannot; "
        "camvid-32: 701_StillsRaw_full and LabeledApproved_full, or train, val or test beside "
        "train_labels, val_labels or test_labels, or images and labels beside codes.txt; "
        "cityscapes: leftImg8bit and gtFine; "
        "voc: JPEGImages and SegmentationClass, or VOCdevkit/VOC2012 that holds them; "
        "sbd: img and cls, or benchmark_RELEASE/dataset that holds them; "
        "voc-sbd: VOCdevkit/VOC2011 beside benchmark_RELEASE/dataset; "
        "folders: images and masks beside labels.yaml"
    )


def test_a_folder_of_two_layouts_is_refused_until_one_is_named(make_kitti, make_camvid):
    root = make_kitti({"um": 1})
    shutil.copytree(make_camvid({"train": 2}), root, dirs_exist_ok=True)
    with pytest.raises(DatasetError, match="can be read as kitti-road and as camvid") as caught:
        open_dataset(root)
    assert caught.value.do == "say which with --layout kitti-road|camvid"
    assert len(open_dataset(root, layout="camvid")) == 2
    assert len(open_dataset(root, "all", layout="kitti-road")) == 1


def test_an_unknown_layout_and_an_unknown_split_are_refused(make_camvid):
    root = make_camvid({"train": 1})
    with pytest.raises(
        DatasetError, match=r"no layout 'coco'\n  allowed: kitti-road, camvid, .*, folders\n"
    ):
        open_dataset(root, layout="coco")
    with pytest.raises(DatasetError, match=r"no split 'dev'\n  allowed: train, val, test, all"):
        open_dataset(root, "dev")


def test_the_wrong_layout_is_refused(make_camvid):
    with pytest.raises(DatasetError, match=r"not laid out as kitti-road: it holds train/"):
        open_dataset(make_camvid({"train": 1}), layout="kitti-road")


def test_a_split_without_pictures_names_those_that_have_some(make_camvid, make_kitti):
    with pytest.raises(
        DatasetError, match=r"'val' .* \(read as camvid\) has no pictures"
    ) as caught:
        open_dataset(make_camvid({"train": 1}), "val")
    assert caught.value.allowed == "a split with pictures: train, all"
    empty = make_kitti({"um": 1})
    (empty / "training" / "image_2" / "um_000000.png").unlink()
    with pytest.raises(DatasetError) as caught:
        open_dataset(empty)
    assert caught.value.allowed == "a split with pictures: here none has any"


def test_a_part_of_a_data_folder_is_answered_with_the_whole(make_kitti):
    whole = make_kitti({"um": 1})
    with pytest.raises(DatasetError, match="no layout that is known") as caught:
        detect_layout(whole / "training")
    assert caught.value.do == f"name the folder above it, which has one: {whole}"
