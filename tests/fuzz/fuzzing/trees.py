"""Whole data folders of every layout, as bytes, to be damaged."""

import functools
import tempfile
from pathlib import Path

import data_trees
from roadfcn.datasets.layouts import LAYOUTS

_STILLS = ["0001TP_006690", "0001TP_008550", "0006R0_f00930", "0016E5_07959", "Seq05VD_f00000"]
_VOC = {
    "train": ["2007_000032", "2008_000003"],
    "val": ["2007_000033", "2008_000002", "2008_000007"],
    "test": ["2008_000006"],
}
_SBD = {"train": ["2008_000002", "2008_000008"], "val": ["2008_000007"]}
_CITIES = {"train/aachen": 2, "train/bochum": 1, "val/frankfurt": 1, "test/berlin": 1}


def _write_kitti(root):
    data_trees.write_kitti(root, {"um": 2, "umm": 2, "uu": 2}, {"um": 1})


def _write_camvid(root):
    data_trees.write_camvid(root, {"train": 2, "val": 2, "test": 2})


def _write_own(root):
    data_trees.write_own(root, [f"drive{n % 2}/{n}" for n in range(6)])


def _write_listed(root):
    data_trees.write_own(root, ["a/0", "a/1", "b/0"])
    (root / "train.txt").write_text("a/0\nimages/a/1.png\n", encoding="utf-8")
    (root / "val.txt").write_text("b/0  # the only one\n", encoding="utf-8")


def _write_stills(root):
    data_trees.write_camvid_32(root, _STILLS)


def _write_parts(root):
    for part, names in {"train": _STILLS[:3], "val": _STILLS[3:]}.items():
        data_trees.write_camvid_32(root, names, images=part, truth=f"{part}_labels")


def _write_numbers(root):
    data_trees.write_fast_ai(root, _STILLS, valid=[f"{name}.png" for name in _STILLS[3:]])


def _write_both(root):
    data_trees.write_voc(root / "VOCdevkit" / "VOC2011", _VOC)
    data_trees.write_sbd(root / "benchmark_RELEASE" / "dataset", _SBD)


_TREES = {
    "kitti-road": [_write_kitti],
    "camvid": [_write_camvid],
    "folders": [_write_own, _write_listed],
    "camvid-32": [_write_stills, _write_parts, _write_numbers],
    "cityscapes": [functools.partial(data_trees.write_cityscapes, counts=_CITIES)],
    "voc": [functools.partial(data_trees.write_voc, lists=_VOC)],
    "sbd": [functools.partial(data_trees.write_sbd, lists=_SBD)],
    "voc-sbd": [_write_both],
}
"""What writes whole trees of each layout."""


@functools.cache
def sound_trees():
    """Give (layout, {path: bytes}) of each tree, the same ones in every process."""
    assert set(_TREES) == set(LAYOUTS)
    found = []
    for layout, writers in _TREES.items():
        for write in writers:
            with tempfile.TemporaryDirectory() as name:
                root = Path(name)
                write(root=root)
                files = sorted(path for path in root.rglob("*") if path.is_file())
                tree = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
            found.append((layout, tree))
    return found
