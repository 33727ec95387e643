"""`python main.py`: the whole story in one go. Find or make data and weights, train, score, draw.

The program takes KITTI Road data where its archive unpacks to, `data/data_road`; where there is
none it generates road scenes, so that the story always has an end.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from roadfcn.errors import ConfigError

if TYPE_CHECKING:
    from roadfcn.training.recipes.config import TrainingConfig
    from roadfcn.training.runs.run import TrainingResult

KITTI_FOLDER, SCENES_FOLDER = "data_road", "generated"
KITTI_PAGE = "https://www.cvlibs.net/datasets/kitti/eval_road.php"
PREDICTIONS_FOLDER = "predictions"
EPOCHS_FROM_SHIPPED = 12
"""On scenes, from a network that knows roads: as good as the recipe's 28 from scratch
(`docs/experiments.md`)."""


_Model = Annotated[
    Literal["slim", "vgg16"] | None,
    typer.Option(
        help="slim: 1.4 M parameters, for any machine; vgg16: 134 M (a recipe's "
        "model.name=tensorflow), from ImageNet's weights. Without it: vgg16 where there is a "
        "GPU and weights can be had, else slim."
    ),
]
_Weights = Annotated[
    str | None,
    typer.Option(
        help="What to start from: a run, a weight file, or a name that 'roadfcn weights list' "
        "shows. Without it slim takes slim-road, which comes with roadfcn, and vgg16 DATA/vgg, "
        "else torchvision's, which are fetched."
    ),
]


def story(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            help="Settings that replace the recipe's, such as trainer.epochs=5.",
            metavar="key=value",
        ),
    ] = None,
    model: _Model = None,
    weights: _Weights = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", metavar="", help="Start from no weights at all.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", metavar="", help="Fetch nothing.")] = False,
    data: Annotated[
        Path, typer.Option(help="Folder that holds data_road, or gets generated scenes.")
    ] = Path("data"),
    runs: Annotated[Path, typer.Option(help="Folder that gets the run.")] = Path("runs"),
    train_scenes: Annotated[
        int, typer.Option(min=6, help="Generated scenes to learn from, without data_road.")
    ] = 540,
    test_scenes: Annotated[
        int, typer.Option(min=3, help="Generated scenes to test on, without data_road.")
    ] = 45,
    seed: Annotated[int, typer.Option(min=0, help="Of scenes, order and first weights.")] = 0,
    recipes: Annotated[Path, typer.Option(help="Folder with the recipes.")] = Path("configs"),
) -> None:
    """Label the road: find KITTI Road or generate scenes, train a network, score it, draw."""
    from roadfcn.cli.training.story_network import choose_network, plan_network
    from roadfcn.training.recipes.config_files import read_config

    kitti, has_kitti = data / KITTI_FOLDER, (data / KITTI_FOLDER).is_dir()
    scenes = data / SCENES_FOLDER / _scenes_name(train_scenes, test_scenes, seed)
    recipe = recipes / ("kitti-road-slim.yaml" if has_kitti else "scenes-slim.yaml")
    changes = {"data.path": kitti if has_kitti else scenes, "runs": runs, "seed": seed}
    _check(overrides or [])
    planned = read_config(recipe, overrides or [], changes=changes)  # mistakes before downloads
    from_scratch = from_scratch or "weights=null" in (overrides or [])
    given = weights or planned.weights
    network = choose_network(model, given, data, offline=offline, from_scratch=from_scratch)
    if network.is_assumed and not has_kitti:
        network = network.with_settings({"trainer.epochs": EPOCHS_FROM_SHIPPED})
    changes["name"] = recipe.stem.replace("slim", network.name)
    # Now, and not after minutes of making scenes: weights that do not fit.
    config, network = plan_network(recipe, overrides or [], changes, network)
    if has_kitti:
        print(f"Data: KITTI Road in {kitti}")
    else:
        print(f"Data: no KITTI Road in {kitti} (from {KITTI_PAGE}), so generated road scenes")
        _make_scenes(scenes, train_scenes, test_scenes, seed)
    print(f"Network: {network.name}, {config.trainer.epochs} epochs, {network.remark}")
    _train_and_tell(config)


def _train_and_tell(config: TrainingConfig) -> None:
    from roadfcn.cli.training.training_display import training_display
    from roadfcn.training.runs.run import train

    with training_display() as listeners:
        result = train(config, listeners=listeners)
    if result.evaluation is not None:
        _draw_and_tell(result, config.data.path)


def _check(overrides: list[str]) -> None:
    """Refuse to be told the data: finding them is what this command does."""
    for override in overrides:
        if override.startswith("data.path="):
            raise ConfigError(
                f"'{override}' would leave out the choice between KITTI Road and scenes",
                allowed="--data FOLDER, in which data_road is looked for",
                do="use --data, or roadfcn train for data of your own",
            )


def _scenes_name(train: int, test: int, seed: int) -> str:
    """Name a folder by all that its scenes depend on, so that it can be used again."""
    from roadfcn.scenes.write import PAINTER_VERSION

    return f"{train}-{test}-seed-{seed}-painter-{PAINTER_VERSION}"


def _make_scenes(root: Path, train: int, test: int, seed: int) -> None:
    """Generate scenes unless an earlier run left the same; an interrupted one leaves none."""
    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.scenes.write import write_scenes

    if root.is_dir():
        print(f"Scenes: {root}, from an earlier run")
        return
    part = root.with_name(f"{root.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with progress_bar("generating scenes") as progress:
            write_scenes(part, train=train, test=test, seed=seed, progress=progress)
        part.rename(root)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _draw_and_tell(result: TrainingResult, root: Path) -> None:
    """Draw the road in pictures that were not learned from; end with scores and paths to open."""
    from roadfcn.backends.opening import open_backend
    from roadfcn.cli.parts.progress import progress_bar
    from roadfcn.cli.parts.tables import show_scores, without_details
    from roadfcn.prediction.gathering.sources import find_sources
    from roadfcn.prediction.network.predictor import Predictor
    from roadfcn.prediction.results.outputs import OVERLAYS
    from roadfcn.prediction.runs.files import predict_files
    from roadfcn.training.runs.scoring import report_page

    assert result.evaluation is not None
    out = result.run / PREDICTIONS_FOLDER
    pictures = find_sources(_pictures_to_draw(root), out)
    with progress_bar("drawing pictures") as progress:
        predict_files(Predictor(open_backend(result.run)), pictures, out, progress=progress)
    scores = without_details(result.evaluation.to_scores())
    show_scores(scores, result.evaluation.confusion.label_set)
    print(
        f"\nreport    {report_page(result.run)}\n"
        f"pictures  {out / OVERLAYS}\n"
        f"scores    {result.run / 'evaluation' / 'metrics.json'}\n"
        f"model     {result.run / 'model.safetensors'}\n"
        f"curves    tensorboard --logdir {result.run}\n"
        f"your own  roadfcn predict PICTURES --model {result.run} --out predictions"
    )


def _pictures_to_draw(root: Path) -> list[Path]:
    """Give the test pictures; the validation pictures where only `training` was copied."""
    from roadfcn.datasets.layouts import open_dataset, take_inventory

    has_test = bool(take_inventory(root).splits["test"])
    return [frame.image_path for frame in open_dataset(root, "test" if has_test else "val").frames]
