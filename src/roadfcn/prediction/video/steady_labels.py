"""Labels a video's frames one after another, smoothed if wanted, and measures their flicker."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roadfcn.input_format import quantise_probability
from roadfcn.prediction.network.predictor import LabelMap, Prediction, Predictor
from roadfcn.prediction.video.smoothing import Flicker, Smoother


class SteadyLabels:
    """Labels the frames of one video.

    Args:
        predictor: The model.
        smooth: Weight of the frames before, see `smoothing`; 0 for none.
        measured: A class whose probability is kept too, or None.

    Attributes:
        flicker: Of the labels that are given.
        flicker_before: Of those without smoothing; the same if there is none.

    Raises:
        ConfigError: The weight is out of range.
    """

    def __init__(self, predictor: Predictor, smooth: float, measured: str | None) -> None:
        self._predictor, self._measured = predictor, measured
        self._smoother = Smoother(smooth)
        self.flicker = Flicker()
        self.flicker_before = Flicker() if smooth else self.flicker

    def label(self, image: NDArray[np.uint8]) -> LabelMap:
        """Label the next frame, H,W,3 uint8 RGB.

        Raises:
            ImageFileError: Smoothed, its probabilities do not fit into memory.
            ModelFileError: The model's scores are not finite.
        """
        if not self._smoother.weight:
            answer = self._predictor.label(image, self._measured)
            self.flicker.add(answer.labels)
            return answer
        prediction = self.predict(image)
        probability = None
        if self._measured is not None:
            index = prediction.label_set.index(self._measured)
            probability = quantise_probability(prediction.probabilities[index])
        return LabelMap(prediction.labels, probability, prediction.label_set)

    def predict(self, image: NDArray[np.uint8]) -> Prediction:
        """Label the next frame, and give the probabilities of all classes with it.

        Smoothed, they are overwritten by the next frame.

        Raises:
            ImageFileError: The probabilities do not fit into memory.
            ModelFileError: The model's scores are not finite.
        """
        prediction = self._predictor.predict(image)
        self.flicker_before.add(prediction.labels)
        if not self._smoother.weight:
            return prediction
        smoothed = self._smoother.add(prediction.probabilities)
        labels = self._predictor.decision.labels(smoothed)
        self.flicker.add(labels)
        return Prediction(labels, smoothed, prediction.label_set)
