"""Train on generated road scenes, all from Python, and print how well it went.

Two minutes on 2 CPU cores. Any setting of the recipe below can be replaced:

    python examples/train_from_python.py work
    python examples/train_from_python.py work trainer.epochs=30
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import roadfcn
from roadfcn.training.recipes.config_files import make_config


def main(
    work: Path,
    overrides: Sequence[str] = (),
    *,
    train: int = 60,
    test: int = 12,
    workers: int | None = None,
) -> None:
    """Generate scenes in `work`, train a network on them, print its scores on the test split."""
    scenes = work / "scenes"
    if not scenes.exists():
        roadfcn.write_scenes(scenes, train=train, test=test, size=(188, 621), workers=workers)

    # What a recipe file holds; docs/recipes.md describes every setting.
    config = make_config(
        {
            "name": "from-python",
            "runs": str(work / "runs"),
            "data": {"path": str(scenes), "size": [96, 320], "evaluate_split": "test"},
            "model": {"name": "slim"},
            "augmentation": {"preset": "benchmark", "scale": [0.8, 1.6]},
            "optimizer": {"lr": 0.004},
            "trainer": {"epochs": 12, "batch_size": 6},
        },
        overrides,
    )
    result = roadfcn.train(config)

    assert result.evaluation is not None  # None on all but the first of several processes
    scores = result.evaluation.to_scores()
    road = scores["road"]["image"]["urban_road"]
    print(f"run: {result.run}")
    print(f"road IoU {scores['per_class']['road']['iou']:.3f}, MaxF {road['MaxF']:.3f}")


if __name__ == "__main__":  # needed: scenes are painted in processes that import this file again
    main(Path(sys.argv[1]), sys.argv[2:])
