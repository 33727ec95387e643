"""Score predictions that are already there as arrays, from whatever program they came.

The pictures are made up here; put your own truth and probabilities in their place:

    python examples/score_predictions.py
"""

import numpy as np
from numpy.typing import NDArray

from roadfcn.input_format import quantise_probability
from roadfcn.kitti.scores import RoadCounts, count_thresholds, road_scores
from roadfcn.label_sets import ROAD, VOID
from roadfcn.metrics.confusion_matrix import ConfusionMatrix


def picture(shift: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Give a truth and a prediction: a road that widens downwards, found `shift` pixels off.

    Returns:
        mask: H,W uint8, 0 background, 1 road, 255 void.
        probability: H,W float32, of road.
    """
    row, column = np.mgrid[0:120, 0:200]
    mask = (abs(column - 100) < row - 40).astype(np.uint8)
    mask[40:60, :30] = VOID  # nobody knows what is there: it is not scored
    distance = (row - 40) - abs(column - 100 - shift)
    return mask, (1 / (1 + np.exp(-distance / 5.0))).astype(np.float32)


def main() -> None:
    """Pool the counts of three pictures, then compute each score once."""
    confusion, counts = ConfusionMatrix(ROAD), RoadCounts.none()
    for shift in (0, 4, -8):
        mask, probability = picture(shift)
        labels = (probability > 0.5).astype(np.uint8)
        confusion.add(mask, labels)
        counts += count_thresholds(quantise_probability(probability), mask == 1, mask != VOID)

    print(f"pixel accuracy {confusion.pixel_accuracy:.4f}, mean IoU {confusion.mean_iou:.4f}")
    for name, iou in zip(ROAD.classes, confusion.iou, strict=True):
        print(f"  IoU of {name}: {iou:.4f}")
    road = road_scores(counts)  # as the KITTI Road benchmark computes them
    print(
        f"MaxF {road.max_f:.4f} at threshold {road.threshold:.2f}, AP {road.average_precision:.4f}"
    )


if __name__ == "__main__":
    main()
