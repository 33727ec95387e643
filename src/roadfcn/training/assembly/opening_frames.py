"""Opens the frames that a recipe names: to learn from, to validate on, to score at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from roadfcn.datasets.file_pairs import FilePairDataset
from roadfcn.datasets.held_out_drives import hold_out
from roadfcn.datasets.layouts import open_dataset
from roadfcn.errors import ConfigError
from roadfcn.evaluation.evaluate import read_calibrations
from roadfcn.image_files import image_size
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import LABEL_SETS, LabelSet
from roadfcn.machine import read_memory
from roadfcn.training.assembly.assembly import processes_here
from roadfcn.training.frames.frames import TrainingFrames
from roadfcn.training.frames.mixture import Mixture
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.config_data import DataConfig

_SQUARE = 1.25  # sides that differ by less are no mistake of the order


def open_frames(
    config: TrainingConfig, progress: Callable[[int, int], None] | None = None
) -> tuple[Mixture, TrainingFrames]:
    """Open the training and validation frames, and read them into memory if the recipe says so.

    Raises:
        ConfigError: `data.size` is width x height, memory does not hold the frames, or data sets
            that are to be mixed have other classes than each other.
        DatasetError, LabelSetError: The data do not fit the recipe.
        ImageFileError, MaskError: A frame cannot be read.
    """
    data = config.data
    main, held = _open_splits(data)
    label_set = main.label_set if data.label_set is None else LABEL_SETS[data.label_set]
    input_format = InputFormat(size=data.size, max_pixels=data.max_pixels)
    train = Mixture(
        TrainingFrames(main, label_set, input_format),
        [
            (TrainingFrames(dataset, label_set, input_format), share)
            for dataset, share in _open_further(data, main.label_set)
        ],
    )
    val = TrainingFrames(held, label_set, input_format)
    for part in train.parts:
        _check_not_swapped(part)
    processes = processes_here(config.trainer)
    for frames in (*train.parts, val):
        if data.cache is True and config.trainer.check_memory:
            _check_cache(frames, processes)
        # With features of the encoder, each frame is read once, or not at all.
        useful = data.cache == "auto" and not data.encoder_features
        if data.cache is True or (useful and frames.fits_in_memory(processes)):
            frames.cache(progress)
    return train, val


def open_evaluation_split(config: TrainingConfig) -> FilePairDataset:
    """Open what the best model is scored on at the end.

    Raises:
        CalibrationError: A frame's calibration is damaged, or does not fit its picture.
        DatasetError, ImageFileError: The data do not fit the recipe.
    """
    data = config.data
    if data.held_out_drives and data.evaluate_split is None:
        _, dataset = _open_splits(data)
    else:
        split = data.evaluate_split or data.val_split
        dataset = open_dataset(data.path, split, layout=data.layout, target=data.target)
    read_calibrations(dataset)  # which only the scores from above need
    return dataset


def _open_splits(data: DataConfig) -> tuple[FilePairDataset, FilePairDataset]:
    """Open the main set's frames to learn from and to validate on."""
    train = open_dataset(data.path, data.train_split, layout=data.layout, target=data.target)
    if data.held_out_drives:
        return hold_out(train, data.held_out_drives)
    return train, open_dataset(data.path, data.val_split, layout=data.layout, target=data.target)


def _open_further(data: DataConfig, main: LabelSet) -> Iterator[tuple[FilePairDataset, float]]:
    """Open the further sets, with their shares; `main` are the main set's own classes."""
    for number, also in enumerate(data.also):
        dataset = open_dataset(also.path, also.split, layout=also.layout, target=also.target)
        classes = dataset.label_set.classes
        if data.label_set is None and set(classes) != set(main.classes):
            raise ConfigError(
                f"data.also.{number} ({dataset.root}) has the {len(classes)} classes "
                f"{', '.join(classes)}, and data.path ({data.path}) the {len(main.classes)} "
                f"classes {', '.join(main.classes)}",
                allowed="data sets with the same classes, in any order",
                do="set data.label_set=road, which folds each set to road and background; of "
                f"generated scenes, data.also.{number}.target=camvid-11 reads CamVid's classes",
            )
        yield dataset, also.share


def _check_not_swapped(frames: TrainingFrames) -> None:
    """Refuse to press pictures that all lie into a size that stands, or the other way round."""
    size = frames.input_format.size
    if size is None or max(size) < _SQUARE * min(size):
        return
    height, width = size
    for frame in frames.dataset.frames:  # the first one is enough nearly always
        own_height, own_width = image_size(frame.image_path)
        if (height - width) * (own_height - own_width) >= 0:
            return
    raise ConfigError(
        f"data.size is {height} x {width} (height x width), but the pictures of "
        f"{frames.dataset.root} are {own_height} x {own_width}",
        allowed="height first, then width",
        do=f"set data.size=[{width}, {height}]",
    )


def _check_cache(frames: TrainingFrames, processes: int) -> None:
    wanted, free = processes * frames.cache_bytes(), read_memory().available
    if wanted > free:
        raise ConfigError(
            f"data.cache=true takes {wanted / 2**30:.1f} GiB for the split "
            f"'{frames.dataset.split}' in {processes} processes, and {free / 2**30:.1f} are free",
            allowed="what is free, or less",
            do="set data.cache=false, or a smaller data.size",
        )
