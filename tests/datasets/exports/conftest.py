"""Exports as CVAT and labelme write them, of pictures made here."""

import base64
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

HEIGHT, WIDTH = 6, 10


def encoded(array, kind="PNG", **options):
    """Give an array's bytes as a picture file."""
    file = io.BytesIO()
    Image.fromarray(np.asarray(array)).save(file, kind, **options)
    return file.getvalue()


def picture(seed=0):
    """Give a picture's bytes; another seed gives another one."""
    generator = np.random.default_rng(seed)
    return encoded(generator.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))


@pytest.fixture
def write_export(tmp_path):
    """Write files, texts or bytes by name, as a folder or a zip archive."""

    def write(files, name="export"):
        path = tmp_path / name
        contents = {
            key: value.encode() if isinstance(value, str) else value for key, value in files.items()
        }
        if name.endswith(".zip"):
            with zipfile.ZipFile(path, "w") as archive:
                for key, content in contents.items():
                    archive.writestr(key, content)
            return path
        for key, content in contents.items():
            (path / key).parent.mkdir(parents=True, exist_ok=True)
            (path / key).write_bytes(content)
        return path

    return write


@pytest.fixture
def cvat_images(write_export):
    """Write CVAT's "for images 1.1": shapes as XML, for each picture."""

    def write(shapes, *, labels=("road", "car"), name="export", size=(HEIGHT, WIDTH), extra=""):
        images = "".join(
            f'<image id="{number}" name="{file}" width="{size[1]}" height="{size[0]}" {extra}>'
            f"{content}</image>"
            for number, (file, content) in enumerate(shapes.items())
        )
        declared = "".join(
            f"<label><name>{label}</name><color>#010203</color></label>" for label in labels
        )
        text = (
            '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'
            f"<meta><task><labels>{declared}</labels></task></meta>{images}</annotations>"
        )
        pictures = {f"images/{file}": picture(seed) for seed, file in enumerate(shapes)}
        return write_export({"annotations.xml": text, **pictures}, name)

    return write


@pytest.fixture
def cvat_masks(write_export):
    """Write CVAT's "Segmentation mask 1.1": masks as arrays of RGB, by name."""

    def write(masks, *, label_map=None, sets=None, name="export"):
        files = {
            "labelmap.txt": label_map
            or "# label:color_rgb:parts:actions\nbackground:0,0,0::\nroad:9,8,7::\ncar:1,2,3::\n"
        }
        for seed, (stem, mask) in enumerate(masks.items()):
            files[f"JPEGImages/{stem}.jpg"] = picture(seed)
            files[f"SegmentationClass/{stem}.png"] = encoded(np.array(mask, np.uint8))
        for subset, stems in (sets or {}).items():
            files[f"ImageSets/Segmentation/{subset}.txt"] = "\n".join(stems)
        return write_export(files, name)

    return write


@pytest.fixture
def labelme(write_export):
    """Write what labelme saves: a list of shapes for each picture."""

    def write(shapes, *, name="export", **entries):
        files = {}
        for seed, (stem, drawn) in enumerate(shapes.items()):
            content = {
                "version": "5.5.0",
                "flags": {},
                "shapes": drawn,
                "imagePath": f"{stem.rpartition('/')[2]}.png",
                "imageData": None,
                "imageHeight": HEIGHT,
                "imageWidth": WIDTH,
                **entries,
            }
            files[f"{stem}.json"] = json.dumps(content)
            files[f"{stem}.png"] = picture(seed)
        return write_export(files, name)

    return write


def shape(label="road", kind="polygon", points=((0, 3), (10, 3), (10, 6), (0, 6)), **more):
    """Give one of labelme's shapes."""
    return {"label": label, "points": [list(p) for p in points], "shape_type": kind, **more}


@pytest.fixture
def drawn():
    """Give the function that makes one of labelme's shapes."""
    return shape


@pytest.fixture
def as_base64():
    """Give a function that turns an array into a PNG in base64."""
    return lambda array: base64.b64encode(encoded(array)).decode()


@pytest.fixture
def picture_bytes():
    return picture


@pytest.fixture
def encode():
    return encoded
