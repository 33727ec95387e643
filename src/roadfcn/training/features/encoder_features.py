"""What a frozen encoder says of each frame of a run: what is wanted, and whether it can be had.

The encoder is most of a network's work, and a frozen one says the same of the same pixels in every
epoch. So its features are computed once (`feature_making`), stored (`feature_store`), and the head
learns from them (`feature_frames`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from roadfcn.downloads.cache_contents import mark_used
from roadfcn.errors import ConfigError
from roadfcn.models.fcn import FCN
from roadfcn.training.assembly.assembly import precision
from roadfcn.training.frames.feature_frames import FeatureFrames
from roadfcn.training.frames.feature_layout import FeatureLayout, Size, feature_layout
from roadfcn.training.frames.feature_store import (
    FeatureStore,
    feature_store,
    gigabytes,
    weights_digest,
)
from roadfcn.training.frames.frames import TrainingFrames
from roadfcn.training.frames.mixture import Mixture
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.saving.frozen_weights import read_whole_checkpoint
from roadfcn.training.steps.augmentation import Augmentation
from roadfcn.training.steps.module import RoadModule

_ENCODER = "model.encoder."


@dataclass(frozen=True)
class EncoderFeatures:
    """The stores of one run.

    Args:
        train: Of all frames to learn from, in all views.
        val: Of the frames to validate on, as they are.
    """

    train: FeatureStore
    val: FeatureStore

    def __iter__(self) -> Iterator[FeatureStore]:
        return iter((self.train, self.val))

    @property
    def missing(self) -> list[FeatureStore]:
        """Those that no earlier run has left."""
        return [store for store in self if not store.is_here]

    def __str__(self) -> str:
        layout, validated = self.train.layout, len(self.val.layout.sizes)
        views = "1 view" if layout.views == 1 else f"{layout.views} views"
        missing = sum(store.layout.total_bytes for store in self.missing)
        return (
            f"{gigabytes(sum(store.layout.total_bytes for store in self))} in "
            f"{self.train.folder.parent} ({views} of {len(layout.sizes)} frames to learn from, 1 "
            f"of {validated} to validate on), "
            + (f"{gigabytes(missing)} of it to compute" if missing else "all of it there")
        )

    def frames(self) -> tuple[FeatureFrames, FeatureFrames]:
        """Give what to learn from and what to validate on, now that all is there."""
        for store in self:
            mark_used(store.folder)
        return FeatureFrames(self.train), FeatureFrames(self.val)


def encoder_features(
    config: TrainingConfig,
    module: RoadModule,
    train: Mixture,
    val: TrainingFrames,
    digests: Mapping[str, Mapping[str, str]],
) -> EncoderFeatures:
    """Give the stores that a run wants; nothing is made.

    Args:
        config: The recipe, which wants features.
        module: With the encoder that the run has.
        train: Frames to learn from.
        val: Frames to validate on.
        digests: Of the content of each frame, by set and name: see `resuming.frame_digests`.

    Raises:
        ConfigError: Frames of a batch would differ in size, or all views would be the same.
    """
    model, changes = module.model, module.augmentation
    assert isinstance(model, FCN)
    views = config.data.encoder_features
    sizes = train.frame_sizes() if changes.crop is None else [changes.crop] * len(train)
    _check_views(views, changes)
    _check_sizes(config, set(sizes))
    main, *further = train.parts
    learned = [(main, "train"), *((part, f"also {n}") for n, part in enumerate(further))]
    encoder = _about_encoder(module, model)
    changed = None if changes == Augmentation() else [asdict(changes), module.seed]

    def layout(sizes: list[Size], views: int) -> FeatureLayout:
        return feature_layout(model, sizes, views=views, precision=precision(config))

    def about(sets: list[tuple[TrainingFrames, str]]) -> list[Any]:
        return [_about_frames(frames, digests[name]) for frames, name in sets]

    return EncoderFeatures(
        feature_store(
            layout(sizes, views),
            {"encoder": encoder, "frames": about(learned), "changes": changed},
        ),
        feature_store(
            layout(val.frame_sizes(), 1),
            {"encoder": encoder, "frames": about([(val, "val")]), "changes": None},
        ),
    )


def take_encoder(module: RoadModule, checkpoint: Path) -> None:
    """Give a network the encoder that a checkpoint holds: that of its run, which does not change.

    Raises:
        TrainingError: The checkpoint is damaged, or of another network.
    """
    held = read_whole_checkpoint(checkpoint, lazily=True)
    module.on_load_checkpoint(held)
    assert isinstance(module.model, FCN)
    module.model.encoder.load_state_dict(
        {
            name.removeprefix(_ENCODER): tensor
            for name, tensor in held["state_dict"].items()
            if name.startswith(_ENCODER)
        }
    )


def _check_views(views: int, changes: Augmentation) -> None:
    if views > 1 and changes == Augmentation():
        raise ConfigError(
            f"data.encoder_features is {views}, but nothing is changed in frames: all views of "
            "one would be the same",
            allowed="1 where the augmentation changes nothing",
            do="set data.encoder_features=1, or augmentation.preset=benchmark",
        )


def _check_sizes(config: TrainingConfig, sizes: set[Size]) -> None:
    if len(sizes) == 1 or config.trainer.batch_size == 1:
        return
    some = ", ".join(f"{height} x {width}" for height, width in sorted(sizes)[:4])
    raise ConfigError(
        f"data.encoder_features keeps frames as the network sees them, and these have "
        f"{len(sizes)} sizes ({some}{', ...' if len(sizes) > 4 else ''}; height x width)",
        allowed="one size for all frames of a batch",
        do="set augmentation.crop or data.size, both [height, width], or trainer.batch_size=1",
    )


def _about_encoder(module: RoadModule, model: FCN) -> dict[str, Any]:
    """Give what decides about the features of a picture; JSON-ready."""
    made = model.architecture
    return {
        "weights": weights_digest(model.encoder.state_dict()),
        "alignment": made.alignment,
        "fc_kernel": made.fc_kernel,
        "fc_dilation": made.fc_dilation,
        "batch_norm": made.batch_norm,
        "input": module.input_format.to_dict(),
    }


def _about_frames(frames: TrainingFrames, digests: Mapping[str, str]) -> list[Any]:
    """Give what decides about pictures and masks; JSON-ready."""
    dataset = frames.dataset
    # Digests are of the files; the code says what their values mean, which a file beside them may.
    return [
        [[frame.name, digests[frame.name]] for frame in dataset.frames],
        repr(dataset.code),
        dataset.label_set.classes,
        frames.label_set.classes,
    ]
