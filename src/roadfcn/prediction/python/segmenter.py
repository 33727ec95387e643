"""From a picture in any form to what is in it, in one call."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from roadfcn.errors import LabelSetError
from roadfcn.label_sets import LABEL_SETS, LabelSet
from roadfcn.model_card import ModelCard
from roadfcn.picture_decoding import MAX_PIXELS
from roadfcn.prediction.network.decision import check_threshold, threshold_in_words
from roadfcn.prediction.network.predictor import Predictor
from roadfcn.prediction.network.tiling import Tiling, check_tiling
from roadfcn.prediction.network.views import PLAIN, Views, check_views
from roadfcn.prediction.python.segmentation import Segmentation
from roadfcn.prediction.sources.pictures import PictureSource, check_several, open_picture
from roadfcn.prediction.sources.words import VideoSource
from roadfcn.prediction.video.steady_labels import SteadyLabels
from roadfcn.prediction.video.watching import Watching
from roadfcn.weights.shipped_models import DEFAULT_MODEL

_KEPT_BYTES = 2**28
"""Of probabilities of one picture: with 2 classes those of 33 million pixels."""


class Segmenter:
    """A model that takes pictures in any form; usually made with `load`.

        segmenter = Segmenter.load("runs/20260101-120000-mine")
        segmenter("street.jpg").overlay().save("road.png")

    Args:
        predictor: Runs the model.
        max_pixels: Larger pictures are refused before they are decoded.
    """

    def __init__(self, predictor: Predictor, *, max_pixels: int = MAX_PIXELS) -> None:
        self.predictor = predictor
        self.max_pixels = max_pixels

    @classmethod
    def load(
        cls,
        model: str | Path = DEFAULT_MODEL,
        *,
        classes: str | LabelSet | None = None,
        views: Views = PLAIN,
        tiling: Tiling | None = None,
        threshold: float | None = None,
        engine: str = "auto",
        device: str = "auto",
        precision: str = "auto",
        max_pixels: int = MAX_PIXELS,
    ) -> Segmenter:
        """Load a model.

        Args:
            model: A run folder, a `.safetensors`, `.onnx` or `.xml` file, or the name of a model
                that comes with roadfcn; without it that is slim-road.
            classes: A label set that is coarser than the model's own, or the name of a built-in
                one, such as "road": answers are given in its classes.
            views: Look at each picture several times, see `network.views`.
            tiling: How large pictures are cut into windows, see `network.tiling`.
            threshold: From which probability on a pixel is labelled road, see `network.decision`;
                None: where road is the likeliest class.
            engine: "auto", "torch", "torch-compiled", "onnx" or "openvino".
            device: "auto", "cpu", "cuda", "cuda:1", "mps", ...
            precision: "auto", "float32" or "bfloat16".
            max_pixels: Larger pictures are refused before they are decoded.

        Raises:
            ModelFileError: Missing, damaged, or of no kind that can be run here.
            LabelSetError: No such label set, or the model's classes do not translate to it.
            ConfigError: No such engine, device or precision, views or tiling of another type, or
                an impossible threshold.
        """
        from roadfcn.prediction.engines.choice import open_model

        # Before the model is opened, which takes seconds.
        check_views(views)
        check_tiling(tiling)
        check_threshold(threshold)
        label_set = _label_set(classes)
        backend = open_model(model, engine=engine, device=device, precision=precision)
        predictor = Predictor(backend, label_set, views=views, tiling=tiling, threshold=threshold)
        return cls(predictor, max_pixels=max_pixels)

    @property
    def card(self) -> ModelCard:
        """What the model says of itself: classes, scores, limits, terms."""
        return self.predictor.backend.card

    @property
    def label_set(self) -> LabelSet:
        """The classes that answers are given in."""
        return self.predictor.label_set

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of these classes, by index."""
        return self.label_set.classes

    def __repr__(self) -> str:
        running = self.predictor.backend.running
        views = "" if self.predictor.views.are_plain else f", {self.predictor.views}"
        least = self.predictor.decision.threshold
        threshold = "" if least is None else f", road {threshold_in_words(least)}"
        return (
            f"<Segmenter: {', '.join(self.classes)}{views}{threshold}; by {running.engine} on "
            f"{running.device} in {running.precision}>"
        )

    def __call__(
        self, picture: PictureSource, *, probability_of: str | None = None
    ) -> Segmentation:
        """Label every pixel of a picture, at its own size.

        Args:
            picture: A path, an http or https address, a file's content, an H,W,3 uint8 RGB array,
                or a picture of Pillow's. Files are turned upright, see `open_picture`.
            probability_of: A class whose probability is kept even if the picture is so large that
                those of all classes are not.

        Raises:
            ImageFileError: The picture cannot be read, is too large, or is none.
            DownloadError: The address does not answer with a picture.
            LabelSetError: There is no class `probability_of`.
        """
        if probability_of is not None:
            self.label_set.index(probability_of)
        image = open_picture(picture, max_pixels=self.max_pixels)
        if self._keeps_all(image):
            prediction = self.predictor.predict(image)
            return Segmentation(
                image, prediction.labels, self.label_set, prediction.probabilities, {}
            )
        answer = self.predictor.label(image, probability_of)
        kept = {}
        if probability_of is not None and answer.probability is not None:
            kept[probability_of] = answer.probability
        return Segmentation(image, answer.labels, self.label_set, None, kept)

    def batch(self, pictures: Iterable[PictureSource]) -> list[Segmentation]:
        """Label several pictures; neighbours of equal size go through the network together.

        All are in memory at once: give as many at a time as there is room for.

        Raises:
            ImageFileError: See `__call__`, or it is one picture.
            DownloadError: See `__call__`.
        """
        check_several(pictures)
        images = [open_picture(picture, max_pixels=self.max_pixels) for picture in pictures]
        if not all(map(self._keeps_all, images)):
            return [self(image) for image in images]
        return [
            Segmentation(image, prediction.labels, self.label_set, prediction.probabilities, {})
            for image, prediction in zip(images, self.predictor.predict_batch(images), strict=True)
        ]

    def video(
        self,
        video: VideoSource,
        *,
        every: int = 1,
        seconds: float | None = None,
        smooth: float = 0.0,
        probability_of: str | None = None,
    ) -> Generator[Segmentation, None, None]:
        """Label a video's frames one after another, in a loop of the caller's.

            for found in segmenter.video("drive.mp4"):
                print(found.time_s, found.share("road"))

        It is open while the loop runs, and only a few frames are in memory. What a loop leaves
        early is closed with the generator.

        Args:
            video: A path, a camera's number ("camera:0" does as well), or an rtsp:// address.
            every: Only every so-manieth frame is taken, beginning with the first.
            seconds: How much of it is taken; None for all. What is live has no end of its own.
            smooth: Weight of the frames before, 0 to 0.99, see `video.smoothing`.
            probability_of: See `__call__`.

        Raises:
            VideoFileError: It cannot be opened or has no frames. Or, after all frames that could
                be read were given, it breaks off or has damaged parts.
            ConfigError: `every`, `seconds` or `smooth` is out of range.
            LabelSetError: There is no class `probability_of`.
        """
        # Who labels still pictures waits for no video library.
        from roadfcn.prediction.python.segmented_video import named_video, segmented_video

        if probability_of is not None:
            self.label_set.index(probability_of)
        watching = Watching(every, seconds, smooth)
        steady = SteadyLabels(self.predictor, smooth, probability_of)
        return segmented_video(
            named_video(video), watching, steady, self._keeps_all, probability_of
        )

    def _keeps_all(self, image: NDArray[np.uint8]) -> bool:
        """Tell whether there is room for the probabilities of all classes."""
        height, width = image.shape[:2]
        return bool(4 * len(self.card.label_set) * height * width <= _KEPT_BYTES)


def _label_set(classes: str | LabelSet | None) -> LabelSet | None:
    if classes is None or isinstance(classes, LabelSet):
        return classes
    if classes in LABEL_SETS:
        return LABEL_SETS[classes]
    raise LabelSetError(
        f"there is no label set '{classes}'",
        allowed=", ".join(LABEL_SETS),
        do="use one of these names, or give a LabelSet",
    )
