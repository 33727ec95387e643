"""Data folders: one that is opened has frames that are there, each once and in one split only."""

import contextlib
import json

from hypothesis import strategies as st
from PIL import Image

from fuzzing.cases import Case, Kind
from fuzzing.mutations import damaged
from roadfcn.datasets.layouts import open_dataset, take_inventory
from roadfcn.errors import DatasetError, ImageFileError, MaskError

_KITTI = [
    f"training/{folder}/{name}"
    for number in range(3)
    for category in ("um", "umm", "uu")
    for folder, name in (
        ("image_2", f"{category}_{number:06d}.png"),
        ("gt_image_2", f"{category}_road_{number:06d}.png"),
        ("calib", f"{category}_{number:06d}.txt"),
    )
]
_CAMVID = [
    f"{split}{kind}/0016E5_{number:05d}.png"
    for split in ("train", "val", "test")
    for kind in ("", "annot")
    for number in range(2)
]
_OWN = [f"{kind}/drive{n % 2}/{n}.png" for n in range(6) for kind in ("images", "masks")]
_OWN.append("labels.yaml")
_LABELS = b"classes: [{name: background, value: 0}, {name: road, value: 1}]\nvoid: {value: 255}\n"

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
    "labels.yaml",
    "splits",
    "train.txt",
]
_ODD_FOLDERS = ["", "training", "training/image_2", "testing/image_2", "train", "trainannot"]
_ODD_FOLDERS += ["images", "masks", "images/drive0", "masks/drive1", "val", "data_road/training"]
_KINDS = ["picture", "picture", "mask", "empty", "text", "folder", "loop", "nowhere"]


@st.composite
def _trees(draw):
    """Give [path, kind of content] of each entry: a valid tree with entries gone and others new."""
    valid = draw(st.sampled_from([_KITTI, _CAMVID, _OWN, []]))
    gone = draw(st.sets(st.integers(0, 40), max_size=4))
    entries = [[path, _kind_of(path)] for n, path in enumerate(valid) if n not in gone]
    for _ in range(draw(st.integers(0, 4))):
        folder, name = draw(st.sampled_from(_ODD_FOLDERS)), draw(st.sampled_from(_ODD_NAMES))
        entries.append([f"{folder}/{name}".lstrip("/"), draw(st.sampled_from(_KINDS))])
    if entries and draw(st.booleans()):
        entries[draw(st.integers(0, 99)) % len(entries)][1] = draw(st.sampled_from(_KINDS))
    return entries


def _kind_of(path):
    truth = any(part in path for part in ("gt_image", "annot/", "masks/"))
    return "text" if path.endswith((".txt", ".yaml")) else "mask" if truth else "picture"


def _cases(_workshop):
    labels = st.one_of(st.just(_LABELS), damaged(st.just(_LABELS)))
    return st.builds(
        lambda entries, text, layout: Case(
            json.dumps([layout, entries]), text, (layout, str(len(entries)))
        ),
        _trees(),
        labels,
        st.sampled_from(["", "", "kitti-road", "camvid", "folders"]),
    )


def _plant(root, entries, text):
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
            elif not place.exists() and kind in ("picture", "mask"):
                colour = (255, 0, 255) if "gt_image" in path else (90, 80, 70)
                grey = kind == "mask" and "gt_image" not in path
                picture = Image.new("L", (8, 6), 1) if grey else Image.new("RGB", (8, 6), colour)
                picture.save(place, "PNG")
            elif not place.exists():
                place.write_bytes(text if kind == "text" else b"")


def _check(case, folder):
    layout, entries = json.loads(case.name)
    root = folder / "data"
    _plant(root, entries, case.content)
    inventory = take_inventory(root, layout=layout or None)
    seen = {}
    for split in ("train", "val", "test"):
        try:
            dataset = open_dataset(root, split, layout=inventory.layout)
        except DatasetError:
            continue
        assert len(dataset) > 0
        for index, frame in enumerate(dataset.frames):
            path = frame.image_path.resolve()
            assert path not in seen, f"{path} is in {seen[path]} already"
            seen[path] = split
            assert path.is_file()
            with contextlib.suppress(ImageFileError, MaskError):
                sample = dataset[index]
                assert sample.mask is None or sample.image.shape[:2] == sample.mask.shape
    return None if seen else "right answer: listed, and every split refused"


FOLDERS = Kind("folders", _cases, _check)
