"""`roadfcn train`: a recipe in, a run folder out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roadfcn.errors import ConfigError

if TYPE_CHECKING:
    from roadfcn.training.recipes.config import TrainingConfig


def train(
    recipe: Annotated[
        Path | None,
        typer.Argument(help="Recipe (YAML), such as configs/camvid-slim.yaml.", metavar="CONFIG"),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            help="Settings that replace the recipe's: section.key=value ...", metavar="key=value"
        ),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Run folder to go on in, where it was.")
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(help="Also write the scores as JSON to this file; - is standard output."),
    ] = None,
) -> None:
    """Train a network by a recipe; keep the best model, its scores and all settings in a run."""
    from roadfcn.cli.parts.json_output import check_json, is_standard_output, write_json
    from roadfcn.cli.parts.tables import show_scores, without_details
    from roadfcn.cli.training.training_display import training_display
    from roadfcn.training.runs.run import train as run_training
    from roadfcn.training.runs.scoring import report_page

    config = _config(recipe, overrides or [], resume)
    check_json(json)
    with training_display() as listeners:
        result = run_training(config, resume=resume, listeners=listeners)
    if result.evaluation is None:  # another process of this run reports
        return
    scores = result.evaluation.to_scores()
    if not is_standard_output(json):
        show_scores(without_details(scores), result.evaluation.confusion.label_set)
        if result.was_finished:
            print("\nthis run was finished before: nothing was trained, its best model was scored")
        if result.best_epoch >= 0:
            print(f"\nbest validation IoU {result.best_iou:.4f} in epoch {result.best_epoch + 1}")
        else:
            print("\nno validation took place: the last weights were kept")
        named = shlex.quote(str(result.run))
        print(
            f"run:     {result.run}\n"
            f"report:  {report_page(result.run)}\n"
            f"predict: roadfcn predict PICTURES --model {named} --out predictions\n"
            f"curves:  tensorboard --logdir {named}"
        )
    write_json(json, scores)


def _config(recipe: Path | None, overrides: list[str], resume: Path | None) -> TrainingConfig:
    """Give the settings of a new run by its recipe, or of a run to go on with."""
    from roadfcn.training.recipes.config_files import read_config
    from roadfcn.training.run_folder import CONFIG_FILE, check_resumable

    if recipe is not None and "=" in str(recipe) and not recipe.exists():
        if resume is None:
            raise ConfigError(
                f"'{recipe}' is a setting where a recipe was expected",
                allowed="CONFIG key=value ..., or --resume RUN [key=value ...]",
                do="name the recipe first",
            )
        recipe, overrides = None, [str(recipe), *overrides]
    if resume is not None and recipe is None:
        check_resumable(resume)
        return read_config(resume / CONFIG_FILE, overrides)
    if recipe is not None and resume is None:
        return read_config(recipe, overrides)
    raise ConfigError(
        "both a recipe and --resume were given" if recipe else "no recipe was given",
        allowed="either CONFIG [key=value ...] or --resume RUN [key=value ...]",
        do="roadfcn train configs/camvid-slim.yaml, or roadfcn train --resume runs/...",
    )
