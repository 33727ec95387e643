"""Which network `python main.py` trains, and what it starts from.

The full VGG16 wants a GPU and trained weights; the small network wants no GPU, and what it starts
from comes with the package. What is chosen, and why, is always said.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from roadfcn.errors import ConfigError, DownloadError
from roadfcn.weights.shipped_models import DEFAULT_MODEL, SHIPPED_NAMES, shipped_path

if TYPE_CHECKING:
    from roadfcn.training.recipes.config import TrainingConfig

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
        settings: What else belongs to these weights, by `section.key`: the network's numbers.
        is_assumed: Whether nobody asked for these weights.
    """

    name: NetworkName
    weights: str | None
    remark: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_assumed: bool = False

    def with_settings(self, settings: Mapping[str, Any]) -> Network:
        """Give the same with further settings, by `section.key`."""
        return replace(self, settings={**self.settings, **settings})

    def changes(self) -> dict[str, Any]:
        """Give the settings that differ from the recipe's, by `section.key`."""
        weights = {} if self.weights is None else {"weights": self.weights}
        return weights | (_VGG16 if self.name == "vgg16" else dict(self.settings))


def choose_network(
    wanted: NetworkName | None,
    given: str | None,
    data: Path,
    *,
    offline: bool,
    from_scratch: bool = False,
) -> Network:
    """Choose network and weights by what was asked for and what is here.

    Args:
        wanted: The network asked for; None leaves the choice to the machine.
        given: Weights asked for.
        data: The folder in which `vgg`, the described system's SavedModel, is looked for.
        offline: Whether nothing may be fetched.
        from_scratch: Whether no weights are wanted.

    Raises:
        ConfigError: Weights are asked for, and none are wanted.
        DownloadError: Weights that were asked for cannot be had.
    """
    from roadfcn.backends.torch_device import choose_device

    if from_scratch and given is not None:
        raise ConfigError(
            f"--from-scratch is given, and weights to start from: {given}",
            allowed="one of the two",
            do="leave one of them out",
        )
    has_gpu = choose_device().type != "cpu"
    if given in SHIPPED_NAMES and not Path(given).exists() and wanted != "vgg16":
        return _from_shipped(given)
    if given is not None:
        path = _have(given, offline=offline)
        name: NetworkName = wanted or ("vgg16" if has_gpu else "slim")
        return Network(name, str(path), f"from {given}")
    if wanted == "slim" or (wanted is None and (from_scratch or not has_gpu)):
        why = "; no GPU here, --model vgg16 trains the full network all the same"
        why = "" if wanted or has_gpu else why
        if from_scratch:
            return Network("slim", None, f"from scratch{why}")
        return _assume_shipped(f"which comes with roadfcn{why}")
    if from_scratch:
        return Network("vgg16", None, "from scratch")
    own = data / VGG_FOLDER
    if _can_be_read(own):
        return Network("vgg16", str(own), f"from {own}")
    try:
        path = _have(FETCHED, offline=offline)
    except DownloadError as problem:
        print(f"Weights: none, for {problem}")
        reason = "as there are no VGG16 weights"
        if wanted is None:
            return _assume_shipped(reason)
        return Network("vgg16", None, f"from scratch, {reason}")
    return Network("vgg16", str(path), f"from {FETCHED}")


def plan_network(
    recipe: Path, overrides: Sequence[str], changes: Mapping[str, Any], network: Network
) -> tuple[TrainingConfig, Network]:
    """Read a recipe for a network, and make sure that its weights fit.

    Args:
        recipe: Its path.
        overrides: What was set on the command line; it fits the recipe.
        changes: What the story sets, by `section.key`; the name is for any network.
        network: As `choose_network` gives it.

    Returns:
        The recipe and the network. Where the shipped weights, which nobody asked for, fit another
        network than `overrides` describe, it starts from scratch.

    Raises:
        ConfigError: Weights that were asked for do not fit.
        ModelFileError: They, or a teacher, cannot be read.
    """
    from roadfcn.training.assembly.starting import check_weights
    from roadfcn.training.assembly.teaching import check_teacher
    from roadfcn.training.recipes.config_files import read_config

    try:
        config = read_config(recipe, overrides, changes={**changes, **network.changes()})
        check_weights(config)
    except ConfigError:
        if not network.is_assumed:
            raise
        remark = f"from scratch, as {DEFAULT_MODEL} fits another network than the settings make"
        network = Network(network.name, None, remark)
        config = read_config(recipe, overrides, changes={**changes, **network.changes()})
    check_teacher(config)
    return config, network


def _assume_shipped(why: str) -> Network:
    network = _from_shipped(DEFAULT_MODEL)
    return replace(network, remark=f"{network.remark}, {why}", is_assumed=True)


def _from_shipped(name: str) -> Network:
    """Start from a shipped model, with the network that it is of."""
    from roadfcn.model_card import read_card
    from roadfcn.models.architecture import FCNArchitecture
    from roadfcn.models.named_architectures import slim_fcn

    theirs = FCNArchitecture.from_dict(read_card(shipped_path(name)).architecture)
    slim, own = asdict(slim_fcn(theirs.num_classes)), asdict(theirs)
    settings = {f"model.{key}": value for key, value in own.items() if value != slim[key]}
    return Network("slim", name, f"from {name}", settings)


def _can_be_read(own: Path) -> bool:
    """Tell whether `data/vgg` is the described system's, and can be read here; say so if not."""
    from roadfcn.downloads.unpacking import is_unpacked
    from roadfcn.installation import how_to_install
    from roadfcn.weights.catalogue import WEIGHTS

    if not own.is_dir():
        return False
    if not is_unpacked(own, WEIGHTS["vgg16-tensorflow"].holds):
        print(f"Weights: {own} is not used, as there is no saved_model.pb with variables in it")
        return False
    if importlib.util.find_spec("tensorflow") is None:
        print(
            f"Weights: {own} is not used, as reading it needs TensorFlow; "
            f"{how_to_install('tensorflow')}"
        )
        return False
    return True


def _have(source: str, *, offline: bool) -> Path:
    """Give the path of weights, which are fetched if need be."""
    from roadfcn.cli.parts.fetch_progress import fetch_progress
    from roadfcn.weights.catalogue import resolve_weights

    with fetch_progress("weights") as progress:
        return resolve_weights(source, progress=progress, offline=offline)
