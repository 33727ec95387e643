"""From another program's weight file to one of ours: safetensors with a card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from roadfcn import __version__
from roadfcn.checkpoints import save_model, save_tensors
from roadfcn.encoder_card import EncoderCard
from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.label_sets import LabelSet
from roadfcn.model_card import ModelCard
from roadfcn.model_files import ENCODER_CARD_KEY
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.output_files import check_writable
from roadfcn.transfer.opening import USUAL_LABEL_SETS, from_foreign
from roadfcn.transfer.pretrained import Pretrained
from roadfcn.weights.foreign import ForeignWeights
from roadfcn.weights.vgg16_shape import shapes_of, vgg16_shape

_LICENCE = "Weights follow the terms of the file they were imported from."


@dataclass(frozen=True)
class Imported:
    """What was written.

    Args:
        path: Our file.
        is_model: Whether it is a whole network, with which pictures can be labelled, and not an
            encoder alone.
        label_set: Of a whole network.
        parameters: Numbers in all of its tensors.
    """

    path: Path
    is_model: bool
    label_set: LabelSet | None
    parameters: int


def check_target(out: Path) -> None:
    """Refuse, before long work, a file that could not be written after it.

    Raises:
        ConfigError: It is no safetensors file.
        OutputError: It cannot be written.
    """
    if Path(out).suffix != ".safetensors":
        raise ConfigError(
            f"the imported weights would be called {out}",
            allowed="a name that ends in .safetensors",
            do="give such a name",
        )
    check_writable(out)


def save_imported(
    weights: ForeignWeights, out: Path, *, label_set: LabelSet | None = None
) -> Imported:
    """Write foreign weights as a model of ours, or as an encoder if they have no head.

    Args:
        weights: As a reader gives it.
        out: A `.safetensors` file; replaced if it exists.
        label_set: Of a whole FCN, its classes in the order of its scores; the usual ones of that
            number if None (2: road, 11: CamVid, 19: Cityscapes, 21: PASCAL VOC).

    Raises:
        ConfigError: `out` is no safetensors file, or the classes are unknown or of another number.
        OutputError: It cannot be written; what was there before is still there.
    """
    check_target(out)
    if not weights.has_head:
        if label_set is not None:
            raise ConfigError(
                f"{weights.path} is {weights.kind}, an encoder without classes, and the label set "
                f"'{label_set.name}' was given",
                allowed="a label set for whole networks only",
                do="leave the label set out",
            )
        return save_encoder(from_foreign(weights), out)
    parameters = sum(tensor.size for tensor in weights.tensors.values())
    label_set = _label_set(weights, label_set)
    model = build_imported(weights)
    save_model(
        out,
        model,
        ModelCard(
            architecture=model.architecture.to_dict(),
            label_set=label_set,
            input_format=weights.input_format,
            provenance=_provenance(weights),
            licence=_LICENCE,
        ),
    )
    return Imported(out, True, label_set, parameters)


def save_encoder(weights: Pretrained, out: Path) -> Imported:
    """Write the encoder of opened weights as a file to start from; a head is left out.

    Args:
        weights: Of any kind, ours too.
        out: A `.safetensors` file; replaced if it exists.

    Raises:
        ConfigError: `out` is no safetensors file.
        OutputError: It cannot be written; what was there before is still there.
    """
    check_target(out)
    tensors = weights.encoder_alone().tensors
    card = EncoderCard(
        weights.input_format,
        _provenance(weights) | {"before": weights.provenance},
        weights.licence or _LICENCE,
        weights.fc_dilation,
    )
    save_tensors(out, tensors, {ENCODER_CARD_KEY: card.to_json()})
    return Imported(out, False, None, sum(tensor.numel() for tensor in tensors.values()))


def build_imported(weights: ForeignWeights) -> FCN:
    """Make the network of a whole foreign FCN, in eval mode; it shares the weights' memory.

    Raises:
        ModelFileError: The tensors are not those of that network.
    """
    shape = vgg16_shape(shapes_of(weights.tensors))
    if not weights.has_head or shape.fc_channels is None or shape.fc_kernel is None:
        raise ModelFileError(
            f"{weights.path} is {weights.kind}: it has no head, or no fc6",
            allowed="a whole FCN",
            do="start a training from it: roadfcn train CONFIG weights=FILE",
        )
    architecture = FCNArchitecture(
        num_classes=weights.tensors["head.score_fr.bias"].shape[0],
        width=shape.width,
        batch_norm="encoder.conv1_1.norm.weight" in weights.tensors,
        fc_channels=shape.fc_channels,
        fc_kernel=shape.fc_kernel,
        **weights.network,
    )
    with torch.device("meta"):
        model = build_fcn(architecture)
    tensors = {name: torch.from_numpy(array) for name, array in weights.tensors.items()}
    model.load_state_dict(tensors, strict=True, assign=True)
    return model.eval()


def _label_set(weights: ForeignWeights, given: LabelSet | None) -> LabelSet:
    count = weights.tensors["head.score_fr.bias"].shape[0]
    if given is None and count not in USUAL_LABEL_SETS:
        raise ConfigError(
            f"{weights.path} has {count} classes, and its file does not name them",
            allowed="a label set with a name for each of them",
            do="give it with --label-set: a built-in name, or a labels.yaml",
        )
    label_set = given or USUAL_LABEL_SETS[count]
    if len(label_set) != count:
        raise ConfigError(
            f"{weights.path} has {count} classes and the label set '{label_set.name}' "
            f"{len(label_set)}",
            allowed=f"a label set of {count} classes, in the order of the scores",
            do="give another label set",
        )
    return label_set


def _provenance(weights: ForeignWeights | Pretrained) -> dict[str, Any]:
    return {
        "roadfcn": __version__,
        "imported_from": weights.path.name,
        "kind": weights.kind,
        "sha256": weights.sha256,
        "left_out": list(weights.left_out),
    }
