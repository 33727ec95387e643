"""roadfcn labels every pixel of a road scene with a fully convolutional network.

This is the package's shop window: the names below are loaded when first used, so that
`import roadfcn` takes no time and loads neither torch nor numpy.

    segmenter = roadfcn.Segmenter.load("runs/my-run")
    segmenter("street.jpg").overlay().save("road.png")
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadfcn.backends.opening import open_backend
    from roadfcn.checkpoints import load_model, save_model
    from roadfcn.datasets.layouts import open_dataset
    from roadfcn.errors import RoadfcnError
    from roadfcn.evaluation.evaluate import evaluate
    from roadfcn.label_sets import CAMVID_11, ROAD, VOID, LabelSet
    from roadfcn.models.architecture import FCNArchitecture
    from roadfcn.models.fcn import build_fcn
    from roadfcn.prediction.network.predictor import Predictor
    from roadfcn.prediction.network.tiling import Tiling
    from roadfcn.prediction.network.views import Views
    from roadfcn.prediction.python.segmentation import Segmentation
    from roadfcn.prediction.python.segmenter import Segmenter
    from roadfcn.scenes.write import write_scenes
    from roadfcn.training.runs.run import train
    from roadfcn.transfer.decoder_layers import layers
    from roadfcn.transfer.vgg_graph import load_vgg

__version__ = "0.1.0"

__all__ = [
    "CAMVID_11",
    "ROAD",
    "VOID",
    "FCNArchitecture",
    "LabelSet",
    "Predictor",
    "RoadfcnError",
    "Segmentation",
    "Segmenter",
    "Tiling",
    "Views",
    "__version__",
    "build_fcn",
    "evaluate",
    "layers",
    "load_model",
    "load_vgg",
    "open_backend",
    "open_dataset",
    "save_model",
    "train",
    "write_scenes",
]

_HOMES = {
    "CAMVID_11": "roadfcn.label_sets",
    "FCNArchitecture": "roadfcn.models.architecture",
    "LabelSet": "roadfcn.label_sets",
    "Predictor": "roadfcn.prediction.network.predictor",
    "ROAD": "roadfcn.label_sets",
    "RoadfcnError": "roadfcn.errors",
    "Segmentation": "roadfcn.prediction.python.segmentation",
    "Segmenter": "roadfcn.prediction.python.segmenter",
    "Tiling": "roadfcn.prediction.network.tiling",
    "VOID": "roadfcn.label_sets",
    "Views": "roadfcn.prediction.network.views",
    "build_fcn": "roadfcn.models.fcn",
    "evaluate": "roadfcn.evaluation.evaluate",
    "layers": "roadfcn.transfer.decoder_layers",
    "load_model": "roadfcn.checkpoints",
    "load_vgg": "roadfcn.transfer.vgg_graph",
    "open_backend": "roadfcn.backends.opening",
    "open_dataset": "roadfcn.datasets.layouts",
    "save_model": "roadfcn.checkpoints",
    "train": "roadfcn.training.runs.run",
    "write_scenes": "roadfcn.scenes.write",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module that defines it (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'roadfcn' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value  # the next look-up finds it without coming here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
