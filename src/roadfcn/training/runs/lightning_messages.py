"""What Lightning says that the user of this package need not hear."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keep Lightning's advertising of devices and its advice on loaders off the screen.

    The number of loader processes is this package's decision, and its reasons stand in
    `training.data`; anything else that Lightning warns of is still heard.
    """
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            warnings.filterwarnings("ignore", message=".*log_every_n_steps.*")
            # Scores are counted over all processes before they are logged.
            warnings.filterwarnings("ignore", message=".*when logging on epoch level in dist.*")
            # `RoadData` goes on within an epoch by itself.
            warnings.filterwarnings("ignore", message=".*ended before the epoch ended.*")
            # Lightning's own use of a name that newer versions of torch retire.
            warnings.filterwarnings("ignore", message=".*LeafSpec.*")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
