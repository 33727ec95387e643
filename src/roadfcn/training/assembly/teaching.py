"""The teacher that a recipe names, opened and compared with what is to be learned."""

from __future__ import annotations

from typing import Any

import torch

from roadfcn.checkpoints import load_model
from roadfcn.errors import ConfigError
from roadfcn.label_sets import LabelSet
from roadfcn.model_card import read_card
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.steps.distillation import Distillation
from roadfcn.weights.shipped_models import find_model


def check_teacher(config: TrainingConfig) -> None:
    """Refuse a teacher that cannot be opened, by its card alone: before frames are read.

    Raises:
        ModelFileError: No usable model.
        LabelSetError: The label set in its card is unusable.
    """
    if config.distillation.teacher is not None:
        read_card(find_model(config.distillation.teacher))


def open_teacher(config: TrainingConfig, label_set: LabelSet) -> Distillation | None:
    """Open a recipe's teacher; None if it names none.

    Args:
        config: The recipe.
        label_set: The classes that are learned.

    Raises:
        ConfigError: The teacher knows other classes.
        ModelFileError, LabelSetError: As `load_model`.
    """
    settings = config.distillation
    if settings.teacher is None:
        return None
    teacher, card = load_model(settings.teacher)
    if card.label_set.classes != label_set.classes:
        raise ConfigError(
            f"distillation.teacher is {settings.teacher}, which knows the classes "
            f"{', '.join(card.label_set.classes)}",
            allowed=f"a model of the classes that are learned: {', '.join(label_set.classes)}",
            do="train a teacher on these classes, or set data.target to those of the teacher",
        )
    if config.trainer.channels_last:
        # torch declares no overload of Module.to() that takes memory_format alone.
        teacher = teacher.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Distillation(
        teacher,
        card.input_format,
        weight=settings.weight,
        temperature=settings.temperature,
    )


def describe_teacher(
    config: TrainingConfig, distillation: Distillation | None
) -> dict[str, Any] | None:
    """Give what a run notes down of its teacher, JSON-ready; None if it has none."""
    source = config.distillation.teacher
    if source is None or distillation is None:
        return None
    return {
        "source": source,
        "path": str(find_model(source).resolve()),
        "parameters": sum(weights.numel() for weights in distillation.teacher.parameters()),
        "weights_sha256": distillation.digest,
    }
