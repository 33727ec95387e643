"""Label one picture with a trained model and save it with the road in colour.

A run folder (or the name of a model that comes with roadfcn), a picture, and where to draw:

    python examples/predict_picture.py slim-road street.jpg road.png
"""

import sys
from pathlib import Path

import roadfcn


def main(model: str | Path, picture: str | Path, out: Path) -> None:
    """Label `picture`, a path or an address; write the overlay, tell the share of each class."""
    segmenter = roadfcn.Segmenter.load(model)
    found = segmenter(picture)

    # found.labels is H,W uint8, found.probabilities C,H,W float32, at the picture's size.
    for name in found.classes:
        print(f"{name}: {found.share(name):.1%} of the picture")
    found.overlay().save(out)
    print(f"drawn: {out}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
