"""Label one picture with a trained model and save it with the road in colour.

A run folder, a picture, and where to draw:

    python examples/predict_picture.py runs/20260101-120000-scenes-slim street.jpg road.png
"""

import sys
from pathlib import Path

import roadfcn
from roadfcn.image_files import read_image, write_image
from roadfcn.overlays import blend


def main(run: Path, picture: Path, out: Path) -> None:
    """Predict `picture` with the model in `run`, write the overlay, tell the share of road."""
    predictor = roadfcn.Predictor(roadfcn.open_backend(run))
    image = read_image(picture)  # H,W,3 uint8 RGB
    prediction = predictor.predict(image)

    # prediction.labels is H,W uint8, prediction.probabilities C,H,W float32, at the picture's size.
    for index, name in enumerate(prediction.label_set.classes):
        share = (prediction.labels == index).mean()
        print(f"{name}: {share:.1%} of the picture")
    write_image(out, blend(image, prediction.labels, prediction.label_set))
    print(f"drawn: {out}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
