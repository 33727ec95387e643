"""Data folders: one that is opened has frames that are there, each once and in one split only."""

import contextlib
import json
from pathlib import PurePosixPath

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from fuzzing.cases import Case, Kind
from fuzzing.mutations import damaged, odd_texts
from fuzzing.trees import sound_trees
from roadfcn.datasets.layouts import LAYOUTS, open_dataset, take_inventory
from roadfcn.errors import DatasetError, ImageFileError, MaskError
from roadfcn.label_sets import VOID

_ODD_NAMES = [
    "um_000000.PNG",
    "um_0000000.png",
    "um_lane_000000.png",
    "UM_000001.png",
    "um_000000.jpg",
    "um_000000",
    ".png",
    "a.png",
    "-x.png",
    "with space.png",
    "line\nbreak.png",
    "\udcff.png",
    "ü\u0301.png",
    "\x1b[31m.png",
    "x" * 240 + ".png",
    "0016E5_00000.jpg",
    "_L.png",
    "_leftImg8bit.png",
    "_gtFine_labelIds.png",
    "aachen_000000_000019_gtFine_labelTrainIds.png",
    "2007_000032.png",
    ".mat",
    "2008_000002.MAT",
    "labels.yaml",
    "codes.txt",
    "splits",
    "train.txt",
]
_ODD_FOLDERS = ["", "training/image_2", "testing/image_2", "train", "trainannot", "train_labels"]
_ODD_FOLDERS += ["images", "masks", "labels", "val", "data_road/training", "VOC2012/JPEGImages"]
_ODD_FOLDERS += ["leftImg8bit/val/aachen", "gtFine/train", "img", "cls", "dataset/cls"]
_KINDS = ["picture", "picture", "mask", "empty", "damaged", "folder", "loop", "nowhere"]


@st.composite
def _cases_of_trees(draw):
    """Draw a valid tree with entries gone and others new, and one of its texts damaged.

    A case's name is [layout to read it as or "", number of the tree, [path, kind] of each entry].
    """
    number = draw(st.integers(0, len(sound_trees()) - 1))
    layout, tree = sound_trees()[number]
    paths = list(tree) if draw(st.integers(0, 19)) else []
    gone = draw(st.sets(st.integers(0, 40), max_size=4))
    entries = [[path, "sound"] for n, path in enumerate(paths) if n not in gone]
    parts = [PurePosixPath(path) for path in tree]
    folders = sorted({str(path.parent) for path in parts} - {"."})
    names = sorted({path.name for path in parts})
    for _ in range(draw(st.integers(0, 4))):
        folder = draw(st.one_of(st.sampled_from([*folders, ""]), st.sampled_from(_ODD_FOLDERS)))
        name = draw(st.one_of(st.sampled_from(_ODD_NAMES), st.sampled_from(names)))
        entries.append([f"{folder}/{name}".lstrip("/"), draw(st.sampled_from(_KINDS))])
    if entries and draw(st.booleans()):
        entries[draw(st.integers(0, 99)) % len(entries)][1] = draw(st.sampled_from(_KINDS))
    content = b""
    texts = [entry for entry in entries if entry[0] in tree and _is_text(entry[0])]
    if texts and draw(st.booleans()):
        chosen = draw(st.sampled_from(texts))
        chosen[1], content = "damaged", draw(_texts_like(tree, chosen[0]))
    asked = draw(st.sampled_from(["", "", "", layout, layout, *LAYOUTS]))
    return Case(json.dumps([asked, number, entries]), content)


def _is_text(path):
    return not path.endswith((".png", ".jpg")) and "/calib/" not in path


def _texts_like(tree, path):
    """Give a strategy of bytes for a list, labels.yaml, codes.txt or MATLAB file."""
    bytewise = damaged(st.just(tree[path]))
    if not path.endswith(".txt"):
        return bytewise
    lines = tree[path].decode().split()
    named = st.sampled_from([*lines, *(PurePosixPath(other).stem for other in tree)])
    other = st.sampled_from(
        ["# x", "../../etc/passwd", "/etc/passwd", "images/", ".", "\\", "\ufeff"]
    )
    return st.one_of(
        bytewise,
        st.lists(st.one_of(named, named, named, other, odd_texts), max_size=6).map(
            lambda words: "\n".join(words).encode("utf-8", "surrogatepass")
        ),
    )


def _plant(root, tree, entries, content):
    root.mkdir()
    for path, kind in entries:
        place = root / path
        # Two entries of one name, a name below a file: the first is there.
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            if kind == "folder":
                place.mkdir()
            elif kind in ("loop", "nowhere"):
                place.symlink_to(root if kind == "loop" else root / "gone")
            elif not place.exists() and kind == "picture":
                Image.new("RGB", (8, 6), (255, 0, 255)).save(place, "PNG")
            elif not place.exists() and kind == "mask":
                Image.new("L", (8, 6), 1).save(place, "PNG")
            elif not place.exists():
                place.write_bytes({"sound": tree.get(path), "damaged": content}.get(kind, b""))


def _check(case, folder):
    layout, number, entries = json.loads(case.name)
    root = folder / "data"
    _plant(root, sound_trees()[number][1], entries, case.content)
    inventory = take_inventory(root, layout=layout or None)
    seen = {}
    for split in ("train", "val", "test"):
        dataset = _opened(root, split, inventory.layout)
        for index, frame in enumerate(dataset.frames if dataset else ()):
            path = frame.image_path.resolve()
            assert path not in seen, f"{path} is in {seen[path]} already"
            seen[path] = split
            assert path.is_file()
            assert path.is_relative_to(root.resolve())
            _assert_readable(dataset, index)
    joined = _opened(root, "all", inventory.layout)
    assert joined is None or {frame.image_path.resolve() for frame in joined.frames} <= set(seen)
    return None if seen else "right answer: listed, and every split refused"


def _opened(root, split, layout):
    try:
        dataset = open_dataset(root, split, layout=layout)
    except DatasetError:
        return None
    names = [frame.name for frame in dataset.frames]
    assert names
    assert len(set(names)) == len(names)
    return dataset


def _assert_readable(dataset, index):
    with contextlib.suppress(ImageFileError, MaskError):
        sample = dataset[index]
        if sample.mask is not None:
            assert sample.image.shape[:2] == sample.mask.shape
            assert set(np.unique(sample.mask)) <= {*range(len(dataset.label_set)), VOID}


FOLDERS = Kind("folders", lambda _workshop: _cases_of_trees(), _check)
