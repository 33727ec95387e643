"""The teacher that a recipe names, opened and compared with what is to be learned."""

from __future__ import annotations

from typing import Any

from roadfcn.checkpoints import load_model
from roadfcn.errors import ConfigError
from roadfcn.label_sets import LabelSet
from roadfcn.model_card import ModelCard, read_card
from roadfcn.training.assembly.memory_format import arrange
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.steps.distillation import Distillation
from roadfcn.weights.shipped_models import find_model


def check_teacher(config: TrainingConfig, label_set: LabelSet | None = None) -> ModelCard | None:
    """Refuse a teacher that cannot be used, by its card alone: before frames are read.

    Args:
        config: The recipe.
        label_set: The classes that are learned, if they are known already.

    Returns:
        The teacher's card; None if the recipe names no teacher.

    Raises:
        ConfigError: The teacher knows other classes.
        ModelFileError: No usable model.
        LabelSetError: The label set in its card is unusable.
    """
    if config.distillation.teacher is None:
        return None
    card = read_card(find_model(config.distillation.teacher))
    if label_set is not None:
        _check_classes(config, card, label_set)
    return card


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
    _check_classes(config, card, label_set)
    arrange(teacher, config)
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
    path = find_model(source)
    card = read_card(path)
    return {
        "source": source,
        "path": str(path.resolve()),
        "parameters": sum(weights.numel() for weights in distillation.teacher.parameters()),
        "weights_sha256": distillation.digest,
        "provenance": card.origin(),
        "licence": card.licence,
    }


def _check_classes(config: TrainingConfig, card: ModelCard, label_set: LabelSet) -> None:
    if card.label_set.classes != label_set.classes:
        raise ConfigError(
            f"distillation.teacher is {config.distillation.teacher}, which knows the classes "
            f"{', '.join(card.label_set.classes)}",
            allowed=f"a model of the classes that are learned: {', '.join(label_set.classes)}",
            do="train a teacher on these classes, or set data.target to those of the teacher",
        )
