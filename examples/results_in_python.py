"""Go on with what was found: as arrays, with Pillow, as COCO annotations.

A picture, and a folder for results:

    python examples/results_in_python.py street.jpg results
"""

import json
import sys
from pathlib import Path

from PIL import Image

import roadfcn


def main(picture: Path, out: Path, model: str | Path = "slim-road") -> None:
    """Write the same answer in several forms."""
    segmenter = roadfcn.Segmenter.load(model)
    with Image.open(picture) as opened:
        found = segmenter(opened)  # Pillow's picture; a path, bytes or an array do as well

    # Arrays: where the model is sure that there is road, and where it is in two minds.
    road = found.probability("road")
    print(f"surely road: {(road > 0.95).mean():.1%} of the picture")
    print(f"in two minds: {((road > 0.3) & (road < 0.7)).mean():.1%}")

    # Pillow: a palette picture whose values are class indices.
    out.mkdir(parents=True, exist_ok=True)
    found.to_pil().resize((160, 90), Image.Resampling.NEAREST).save(out / "small.png")
    found.colours().save(out / "colours.png")

    # COCO: one annotation for each class; "rle" in place of "polygons" is shorter.
    annotations = [
        {"id": number, "image_id": 1, **annotation}
        for number, annotation in enumerate(found.to_coco("polygons"), start=1)
    ]
    (out / "annotations.json").write_text(json.dumps(annotations), encoding="utf-8")
    print(f"{len(annotations)} annotations: {out / 'annotations.json'}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
