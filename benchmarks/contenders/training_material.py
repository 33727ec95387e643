"""What all contenders in training start from: one network's weights, and the same batches.

model.safetensors    the described network, its weights random
data/                generated scenes, as a data folder in the layout "folders"
batches.npz          the same, normalised, in the order in which `roadfcn train` takes them
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from contenders.files import described_architecture

RECIPE = Path(__file__).resolve().parents[2] / "configs" / "kitti-road-tensorflow.yaml"

_SEED = 0
_LABELS = """classes:
  - {name: background, value: 0}
  - {name: road, value: 1}
road: road
"""


@dataclass(frozen=True)
class Material:
    """Where it lies, how large it is, and how to learn from it.

    Args:
        folder: Where it lies.
        size: Height and width of frames.
        batch: Frames in a batch.
        steps: How many batches there are.
        width: Of the network, relative to VGG16's.
        rate: Of Adam.
        decay: Times half the squares of the decoder's kernels.
        dropout: Share of fc6's and fc7's elements that is dropped.
    """

    folder: Path
    size: tuple[int, int]
    batch: int
    steps: int
    width: float = 1.0
    rate: float = 0.0
    decay: float = 0.0
    dropout: float = 0.0

    @property
    def model(self) -> Path:
        """The weights to start from."""
        return self.folder / "model.safetensors"

    def batches(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Give pictures, N,3,H,W float32 normalised, and truth, N,H,W uint8, of each step."""
        with np.load(self.folder / "batches.npz") as file:
            return list(zip(file["pictures"], file["truth"], strict=True))

    def settings(self) -> list[str]:
        """Give what the recipe has to be told so that `roadfcn train` learns from this."""
        fc_channels = described_architecture(self.width).fc_channels
        return [
            f"data.path={self.folder / 'data'}",
            "data.layout=folders",
            "data.label_set=road",
            f"data.size=[{self.size[0]}, {self.size[1]}]",
            f"weights={self.model}",
            f"model.width={self.width}",
            f"model.fc_channels={fc_channels}",
            f"trainer.batch_size={self.batch}",
            "trainer.epochs=1",
            "trainer.sample_overlays=0",
            "trainer.accelerator=cpu",
        ]


def make_material(
    folder: Path, size: tuple[int, int], batch: int, steps: int, width: float
) -> Material:
    """Write all of it, the same for the same arguments; rate, decay and dropout are the recipe's.

    Args: as for `Material`.
    """
    from roadfcn.input_format import IMAGENET_RGB
    from roadfcn.training.assembly.opening_frames import open_frames
    from roadfcn.training.frames.dealing import EpochBatches
    from roadfcn.training.recipes.config_files import read_config

    material = Material(folder, size, batch, steps, width)
    _save_start(material.model, width)
    _write_frames(folder / "data", size, batch * steps)
    config = read_config(RECIPE, material.settings())
    frames, _ = open_frames(config)
    pictures, truth = [], []
    for indices in EpochBatches(frames.order(config.seed), batch_size=batch):
        _, images, masks = zip(*(frames[index] for index in indices), strict=True)
        pictures.append(np.stack([IMAGENET_RGB.normalise(image) for image in images]))
        truth.append(np.stack(masks))
    np.savez(folder / "batches.npz", pictures=np.stack(pictures), truth=np.stack(truth))
    return replace(
        material,
        rate=config.optimizer.lr,
        decay=config.optimizer.weight_decay,
        dropout=config.model.dropout or 0.0,
    )


def _save_start(path: Path, width: float) -> None:
    """Save the described network, its scores of the order of 1 from the start.

    As the recipe draws the decoder, scores are so small that for many steps nothing but its last
    bias moves the loss, and trainers could not be told apart by it.
    """
    import torch
    from torch import nn

    from roadfcn.checkpoints import save_model
    from roadfcn.input_format import IMAGENET_RGB
    from roadfcn.label_sets import ROAD
    from roadfcn.model_card import ModelCard
    from roadfcn.models.fcn import build_fcn
    from roadfcn.models.initialisation import fill_bilinear

    torch.manual_seed(_SEED)
    model = build_fcn(described_architecture(width))
    for name, weight in model.head.named_parameters():
        if weight.ndim == 4 and name.startswith("upscore"):
            fill_bilinear(weight)
        elif weight.ndim == 4:
            nn.init.normal_(weight, std=weight[0].numel() ** -0.5)
    card = ModelCard(model.architecture.to_dict(), ROAD, IMAGENET_RGB)
    save_model(path, model, card)


def _write_frames(root: Path, size: tuple[int, int], count: int) -> None:
    """Write so many scenes to learn from, and one to validate on."""
    from roadfcn.export.pictures import scene_pictures
    from roadfcn.image_files import write_image
    from roadfcn.label_sets import ROAD, VOID
    from roadfcn.output_files import write_text

    names = [f"{number:04d}" for number in range(count + 1)]
    scenes = scene_pictures(ROAD, len(names), seed=_SEED, size=size).pictures
    for name, scene in zip(names, scenes, strict=True):
        assert scene.truth is not None  # scenes have one
        # The step in TensorFlow knows no void.
        truth = np.where(scene.truth == VOID, 0, scene.truth).astype(np.uint8)
        write_image(root / "images" / f"{name}.png", scene.image)
        write_image(root / "masks" / f"{name}.png", truth)
    write_text(root / "labels.yaml", _LABELS)
    write_text(root / "train.txt", "\n".join(names[:-1]) + "\n")
    write_text(root / "val.txt", names[-1] + "\n")
