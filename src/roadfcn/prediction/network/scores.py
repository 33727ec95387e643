"""What a network makes of one view of a picture: probabilities, as a stream of rows.

Here a picture is turned and resized as the view and the model's input format want it, run whole
or in windows, and its scores are brought back to the picture's own size and place.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from roadfcn.backends.protocol import Backend
from roadfcn.errors import ConfigError, ImageFileError, ModelFileError
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.reach import reach
from roadfcn.picture_decoding import MAX_PIXELS
from roadfcn.prediction.network.rows import Rows, even_rows, resized_rows
from roadfcn.prediction.network.tiling import Tiling, count_windows, tiled_rows

_log = logging.getLogger(__name__)

_BLOCK_PIXELS = 2**17
"""Scores are worked on in rows of about so many pixels, which stay in a processor's cache."""

_UNKNOWN_REACH = 256
"""For a network that is none of ours: about as far as the largest of ours looks, in px."""


class ViewScores:
    """Runs a model on views of pictures.

    Args:
        backend: The model.
        tiling: Whether, and how, large pictures are cut into windows.
    """

    def __init__(self, backend: Backend, tiling: Tiling) -> None:
        self._backend, self._tiling = backend, tiling
        self._told: set[str] = set()

    def count_windows(self, size: tuple[int, int], scale: float) -> int:
        """Give how many windows a view of a picture of (height, width) has; 0 for one piece."""
        seen = self._backend.card.input_format.seen_size(*size, scale)
        tile = self._tiling.tile_for(*seen, self._reach)
        if tile is None:
            return 0
        return count_windows(seen, tile, self._tiling.overlap_for(tile, self._reach))

    def streams(
        self,
        images: Sequence[NDArray[np.uint8]],
        scale: float,
        mirrored: bool,
        ran: Callable[[], None] | None = None,
    ) -> Iterator[Iterator[NDArray[np.float32]]]:
        """Give the model's own probabilities for pictures of one size.

        The network has run when the first stream is given, unless there are windows: these run
        as their rows are asked for.

        Args:
            images: Each H,W,3 uint8 RGB.
            scale: Factor on the height and width that the model wants.
            mirrored: Whether to look at the mirror images.
            ran: Called when the network has run on a window.

        Yields:
            For each picture a stream of C,n,W float32 from the top down, together C,H,W. The
            arrays may be changed.

        Raises:
            ImageFileError: A picture would be enlarged beyond all measure.
            ModelFileError: The scores are not finite.
        """
        target = images[0].shape[0], images[0].shape[1]
        self._check_size(target, scale)
        input_format = self._backend.card.input_format
        # OpenCV wants pixels in their order.
        turned = [np.ascontiguousarray(image[:, ::-1]) if mirrored else image for image in images]
        seen = [input_format.resize(image, scale) for image in turned]
        del turned
        size = seen[0].shape[0], seen[0].shape[1]
        tile = self._tiling.tile_for(*size, self._reach)
        bands: Iterator[Rows]
        if tile is None:
            bands = ([scores] for scores in self._run(seen))
        else:
            bands = (self._windows(image, tile, ran) for image in seen)
        count = max(1, _BLOCK_PIXELS // target[1])
        for rows in bands:
            yield _finished(resized_rows(rows, size, target, count), count, mirrored)

    def _windows(
        self, image: NDArray[np.uint8], tile: tuple[int, int], ran: Callable[[], None] | None
    ) -> Rows:
        def score(rows: slice, columns: slice) -> NDArray[np.float32]:
            window: NDArray[np.float32] = self._run([image[rows, columns]])[0]
            if ran is not None:
                ran()
            return window

        far = self._reach
        thin = self._tiling.thin_overlap(tile, far)
        if thin is not None and thin not in self._told:
            self._told.add(thin)
            _log.warning("%s", thin)
        overlap = self._tiling.overlap_for(tile, far)
        return tiled_rows(score, (image.shape[0], image.shape[1]), tile, overlap)

    def _run(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Give the network's scores N,C,h,w for h,w,3 uint8 RGB, all of one size."""
        inputs = [self._backend.card.input_format.normalise(image) for image in images]
        batch = inputs[0][None] if len(inputs) == 1 else np.stack(inputs)
        del inputs
        scores = self._backend.logits(batch)
        if not np.isfinite(scores).all():
            raise ModelFileError(
                "the model gives scores that are not finite",
                allowed="finite numbers",
                do="train the model again with a lower learning rate, or run it in float32",
            )
        return scores

    @cached_property
    def _reach(self) -> int:
        try:
            return reach(FCNArchitecture.from_dict(self._backend.card.architecture))
        except ConfigError:  # a network that is none of ours
            return _UNKNOWN_REACH

    def _check_size(self, size: tuple[int, int], scale: float) -> None:
        if scale <= 1:  # the picture is there already: it is never too large then
            return
        height, width = self._backend.card.input_format.input_size(*size)
        if scale * scale * height * width > MAX_PIXELS:
            raise ImageFileError(
                f"at scale {scale:g} a picture of {size[0]} x {size[1]} pixels is too large",
                allowed=f"scales at which it has at most {MAX_PIXELS} pixels",
                do="look at this picture at smaller scales",
            )


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn C,H,W scores into probabilities over the first axis."""
    exponentials: NDArray[np.float32] = np.exp(logits - logits.max(axis=0))
    exponentials /= exponentials.sum(axis=0)
    return exponentials


def _finished(scores: Rows, count: int, mirrored: bool) -> Iterator[NDArray[np.float32]]:
    for block in even_rows(scores, count):
        probabilities = softmax(block)
        yield probabilities[..., ::-1] if mirrored else probabilities
