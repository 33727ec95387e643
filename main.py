"""Label the road in pictures: data, network, training, scores and overlays.

Run `python main.py`; `python main.py --help` shows what can be changed.
"""

from pathlib import Path

import typer

from roadfcn.cli.app import run
from roadfcn.cli.training.story import story

if __name__ == "__main__":
    recipes = Path(__file__).resolve().parent / "configs"
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(context_settings={"default_map": {"recipes": str(recipes)}})(story)
    run(app, "python main.py")
