"""Which network `python main.py` trains, and what it starts from.

The full VGG16 wants a GPU and trained weights; the small network wants neither. What is chosen,
and why, is always said.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from roadfcn.errors import DownloadError

NetworkName = Literal["slim", "vgg16"]
VGG_FOLDER = "vgg"
FETCHED = "vgg16-torchvision"
"""What is fetched: its hash is known, and unlike the SavedModel it opens without TensorFlow."""

# The whole VGG16 in the 'same'-padded form with learned upsampling that TensorFlow programs have:
# unlike the papers' own, it starts to learn without pretrained weights. Half as many pictures at
# a time as `slim` takes, and a smaller rate.
_VGG16 = {"model.name": "tensorflow", "trainer.batch_size": 4, "optimizer.lr": 1e-4}


@dataclass(frozen=True)
class Network:
    """A network to train.

    Args:
        name: "slim" or "vgg16".
        weights: What it starts from, as a recipe names it; None for nothing.
        remark: Why, in words.
    """

    name: NetworkName
    weights: str | None
    remark: str

    def changes(self) -> dict[str, Any]:
        """Give the settings that differ from the recipe's, by `section.key`."""
        weights = {} if self.weights is None else {"weights": self.weights}
        return weights | (_VGG16 if self.name == "vgg16" else {})


def choose_network(
    wanted: NetworkName | None, given: str | None, data: Path, *, offline: bool
) -> Network:
    """Choose network and weights by what was asked for and what is here.

    Args:
        wanted: The network asked for; None leaves the choice to the machine.
        given: Weights asked for.
        data: The folder in which `vgg`, the described system's SavedModel, is looked for.
        offline: Whether nothing may be fetched.

    Raises:
        DownloadError: Weights that were asked for cannot be had.
    """
    from roadfcn.backends.torch_device import choose_device

    has_gpu = choose_device().type != "cpu"
    if given is not None:
        path = _have(given, offline=offline)
        name: NetworkName = wanted or ("vgg16" if has_gpu else "slim")
        return Network(name, str(path), f"from {given}")
    if wanted == "slim" or (wanted is None and not has_gpu):
        why = "" if wanted else "; no GPU here, --model vgg16 trains the full network all the same"
        return Network("slim", None, "from scratch" + why)
    own = data / VGG_FOLDER
    if _can_be_read(own):
        return Network("vgg16", str(own), f"from {own}")
    try:
        path = _have(FETCHED, offline=offline)
    except DownloadError as problem:
        print(f"Weights: none, for {problem}")
        reason = "from scratch, as there are no VGG16 weights"
        return Network("slim" if wanted is None else "vgg16", None, reason)
    return Network("vgg16", str(path), f"from {FETCHED}")


def _can_be_read(own: Path) -> bool:
    """Tell whether `data/vgg` is the described system's, and can be read here; say so if not."""
    from roadfcn.downloads.unpacking import is_unpacked
    from roadfcn.weights.catalogue import WEIGHTS

    if not own.is_dir():
        return False
    if not is_unpacked(own, WEIGHTS["vgg16-tensorflow"].holds):
        print(f"Weights: {own} is not used, as there is no saved_model.pb with variables in it")
        return False
    if importlib.util.find_spec("tensorflow") is None:
        print(
            f"Weights: {own} is not used, as reading it needs TensorFlow: "
            "pip install 'roadfcn[tensorflow]'"
        )
        return False
    return True


def _have(source: str, *, offline: bool) -> Path:
    """Give the path of weights, which are fetched if need be."""
    from roadfcn.cli.fetch_progress import fetch_progress
    from roadfcn.weights.catalogue import resolve_weights

    with fetch_progress("weights") as progress:
        return resolve_weights(source, progress=progress, offline=offline)
