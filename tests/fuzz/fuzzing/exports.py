"""Exports of CVAT and labelme: one that is converted is a data set of classes and void only."""

import base64
import contextlib
import io
import json
import zipfile
from pathlib import Path
from xml.sax import saxutils

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from fuzzing import png
from fuzzing.cases import Case, Kind
from fuzzing.mutations import damaged, damaged_tree, edges, odd_texts
from roadfcn.datasets.exports.convert import convert
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import RoadfcnError
from roadfcn.label_sets import VOID

_HEIGHT, _WIDTH = 6, 10
_SHAPES = [
    {"tag": "polygon", "label": "road", "points": "0,3;10,3;10,6;0,6", "z_order": "1"},
    {"tag": "box", "label": "car", "xtl": "2", "ytl": "2", "xbr": "4", "ybr": "5", "rotation": "3"},
    {"tag": "ellipse", "label": "car", "cx": "5", "cy": "3", "rx": "1", "ry": "2"},
    {"tag": "mask", "label": "road", "rle": "1,3,2", "left": "4", "top": "1"}
    | {"width": "3", "height": "2"},
    {"tag": "polyline", "label": "car", "points": "0,0;5,5"},
]
_CVAT = {
    "labels": [{"name": "road", "color": "#090807"}, {"name": "car", "color": "#010203"}],
    "images": [
        {"name": "a.png", "subset": "Train", "width": "10", "height": "6", "shapes": _SHAPES},
        {"name": "d/b.png", "subset": "val", "width": "10", "height": "6", "shapes": _SHAPES[:1]},
    ],
}
_LABEL_MAP = b"# label:color_rgb:parts:actions\nbackground:0,0,0::\nroad:9,8,7::\ncar:1,2,3::\n"
_FRAGMENTS = ["&lol;", "<!DOCTYPE x [<!ENTITY lol 'lol'>]>", "<!--", "<![CDATA[", "&#0;", "</", "<"]
_FRAGMENTS += ['<?xml version="1.0" encoding="utf-7"?>', "<a>" * 5000, "\0", "\ufeff", "&#x10FFFF;"]


def _picture(seed, colours=None):
    values = np.random.default_rng(seed).integers(0, 256, (_HEIGHT, _WIDTH, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values if colours is None else colours).save(buffer, "PNG")
    return buffer.getvalue()


def _mask(seed):
    picked = np.random.default_rng(seed).integers(0, 3, (_HEIGHT, _WIDTH))
    return _picture(0, np.array([(0, 0, 0), (9, 8, 7), (1, 2, 3)], np.uint8)[picked])


def _labelme():
    bits = base64.b64encode(_picture(0, np.full((2, 3), 255, np.uint8))).decode()
    corners = {"polygon": [[0, 3], [10, 3], [10.5, 6]], "circle": [[5, 3], [5, 4]]}
    corners |= {"rectangle": [[2, 2], [4, 5]], "mask": [[2, 1], [4, 2]], "line": [[0, 0], [5, 5]]}
    shapes = [{"label": "road", "points": p, "shape_type": kind} for kind, p in corners.items()]
    shapes[3] |= {"label": "car", "mask": bits}
    facts = {"version": "5.5.0", "flags": {}, "imageHeight": _HEIGHT, "imageWidth": _WIDTH}
    outside = {"shapes": shapes, "imagePath": "a.png", "imageData": None}
    inside = {"shapes": shapes[:2], "imagePath": "gone.png"}
    return facts | outside, facts | inside | {"imageData": base64.b64encode(_picture(1)).decode()}


def _as_xml(tree):
    """Write CVAT's XML, whatever has come to stand in the tree."""

    def tag(name, values, inner=""):
        given = values.items() if isinstance(values, dict) else ()
        plain = {key: value for key, value in given if not isinstance(value, dict | list)}
        words = "".join(f" {k}={saxutils.quoteattr(str(v))}" for k, v in plain.items() if k.strip())
        return f"<{name}{words}>{inner}</{name}>"

    def entries(values, key):
        found = values.get(key) if isinstance(values, dict) else None
        return (
            [entry for entry in found if isinstance(entry, dict)] if found.__class__ is list else []
        )

    labels = "".join(
        tag("label", {}, "".join(f"<{k}>{saxutils.escape(str(v))}</{k}>" for k, v in label.items()))
        for label in entries(tree, "labels")
    )
    images = "".join(
        tag("image", image, "".join(tag(s.get("tag"), s) for s in entries(image, "shapes")))
        for image in entries(tree, "images")
    )
    meta = f"<meta><task><labels>{labels}</labels></task></meta>"
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>{meta}{images}</annotations>'
    return text.encode("utf-8", "surrogatepass")


def _as_json(tree):
    return json.dumps(tree).encode()


def _exports():
    """Give the files of a sound export of each form."""
    outside, inside = _labelme()
    pictures = {"images/a.png": _picture(0), "images/d/b.png": _picture(1)}
    masks = {f"SegmentationClass/{name}.png": _mask(seed) for seed, name in enumerate("ab")}
    masks |= {f"JPEGImages/{name}.png": _picture(seed) for seed, name in enumerate("ab")}
    sets = {f"ImageSets/Segmentation/{s}.txt": n for s, n in (("train", b"a\n"), ("val", b"b\n"))}
    return {
        "cvat-images": {"annotations.xml": _as_xml(_CVAT), **pictures},
        "cvat-masks": {"labelmap.txt": _LABEL_MAP, **masks, **sets},
        "labelme": {"a.json": _as_json(outside), "a.png": _picture(0), "b.json": _as_json(inside)},
    }


@st.composite
def _with_fragment(draw, content):
    """Put something that means something in XML, or a number of its edges, at some place."""
    text = content.decode()
    at = draw(st.integers(0, len(text)))
    fragment = draw(st.one_of(st.sampled_from(_FRAGMENTS), edges.map(str), odd_texts))
    cut = at + draw(st.integers(0, 12))
    return (text[:at] + fragment + text[cut:]).encode("utf-8", "surrogatepass")


def _spoilt(name, content):
    """Give a strategy of other contents for a file of an export."""
    if name.endswith(".png"):
        return st.one_of(png.damaged_png(st.just(content)), st.just(content), st.just(_mask(7)))
    choices = [damaged(st.just(content)), _with_fragment(content)]
    if name.endswith(".xml"):
        choices += [damaged_tree(st.just(_CVAT)).map(_as_xml)] * 3
    if name.endswith(".json"):
        choices += [damaged_tree(st.just(json.loads(content))).map(_as_json)] * 3
    return st.one_of(choices)


def _zipped(files, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return buffer.getvalue()


@st.composite
def _archives(draw):
    """Give an archive of an export with one file spoilt, renamed, gone or there twice."""
    files = dict(_exports()[draw(st.sampled_from(["cvat-images", "cvat-masks", "labelme"]))])
    name = draw(st.sampled_from(sorted(files)))
    what = draw(st.sampled_from(["spoilt"] * 6 + ["renamed", "gone", "twice", "beside"]))
    others = [(key, content) for key, content in files.items() if key != name]
    odd = draw(odd_texts).encode("utf-8", "replace").decode() + Path(name).suffix
    changed = {
        "spoilt": lambda: [(name, draw(_spoilt(name, files[name])))],
        "renamed": lambda: [
            (draw(st.sampled_from([odd, f"../{name}", f"/{name}", f"x/{name}"])), files[name])
        ],
        "gone": list,
        "twice": lambda: [(name, files[name]), (name.swapcase(), files[name])],
        "beside": lambda: [(name, files[name]), (odd, draw(st.binary(max_size=20)))],
    }[what]()
    method = draw(st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_LZMA]))
    archive = _zipped([*others, *changed], method)
    return draw(damaged(st.just(archive))) if draw(st.integers(0, 4)) == 0 else archive


def _bombs():
    """Give archives that are small and mean much."""
    files = _exports()
    ones = "0," + "4294967295," * 3 + "1"
    runs = [
        {**_SHAPES[3], "rle": text, "width": w, "height": h}
        for text, w, h in (
            (ones, "3", "2"),
            ("0,400000000", "20000", "20000"),
            ("1," * 50_000 + "0", "50000", "1"),
        )
    ]
    trees = [{**_CVAT, "images": [{**_CVAT["images"][0], "shapes": [shape]}]} for shape in runs]
    trees.append({**_CVAT, "images": _CVAT["images"][:1] * 500})
    for tree in trees:
        yield files["cvat-images"] | {"annotations.xml": _as_xml(tree)}
    yield files["cvat-images"] | {"annotations.xml": b"<annotations>" + b"<a>" * 10**6}
    yield files["cvat-masks"] | {"SegmentationClass/a.png": png.bomb(20_000, 20_000, 8, 2)}
    yield files["cvat-masks"] | {"JPEGImages/a.png": png.bomb(46_000, 46_000)}
    outside, _ = _labelme()
    mask = {"label": "car", "shape_type": "mask", "points": [[0, 0], [19_999, 19_999]]}
    mask["mask"] = base64.b64encode(png.bomb(20_000, 20_000)).decode()
    yield files["labelme"] | {"a.json": _as_json(outside | {"shapes": [mask]})}
    yield files["labelme"] | {"a.json": b"[" * 10**6}
    yield files["labelme"] | {"a.json": b'{"shapes": [], "imagePath": ' + b"9" * 10**5 + b"}"}
    yield files["cvat-masks"] | {"labelmap.txt": bytes(2**28)}


def _cases(_workshop):
    bombs = [_zipped(files.items()) for files in _bombs()]
    contents = st.one_of(*[_archives()] * 9, st.sampled_from(bombs))
    options = st.sampled_from(
        [(), (), ("road",), ("road", "car"), ("void",), ("keep",), ("folder",)]
    )
    return st.builds(Case, st.just("export.zip"), contents, options)


def _check(case, folder):
    source = folder / case.name
    source.write_bytes(case.content)
    if "folder" in case.words:
        source = _unpacked(source, folder / "export")
    before, out = set(folder.iterdir()), folder / "out"
    try:
        done = convert(
            [source],
            out,
            road=[word for word in case.words if word == "road"],
            void=["car"] if "car" in case.words else [],
            unlabelled="void" if "void" in case.words else "background",
            keep_empty="keep" in case.words,
        )
    except RoadfcnError:
        assert set(folder.iterdir()) == before, "something half-written is left"
        raise
    assert set(folder.iterdir()) == {*before, out}
    try:
        dataset = open_dataset(out, "all", layout="folders")
        samples = [dataset[index] for index in range(len(dataset))]
    except RoadfcnError as problem:
        raise AssertionError(f"what was converted cannot be read: {problem}") from problem
    assert len(samples) == done.frames
    assert dataset.label_set.classes == done.label_set.classes
    allowed = {*range(len(done.label_set)), VOID}
    for sample in samples:
        assert sample.mask.shape == sample.image.shape[:2]
        assert set(np.unique(sample.mask).tolist()) <= allowed


def _unpacked(archive, target):
    """Unpack what can be unpacked, as people do before they convert; give the folder."""
    target.mkdir()
    # Of a damaged archive zipfile and its decompressors raise whatever they stumble over.
    with contextlib.suppress(Exception), zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.file_size < 2**24:
                opened.extract(member, target)
    archive.unlink()
    return target


EXPORTS = Kind("exports", _cases, _check)
