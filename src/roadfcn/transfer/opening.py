"""Open weights to start from: a run, a model or an encoder of ours, or another program's file."""

from __future__ import annotations

from pathlib import Path

import torch

from roadfcn.checkpoints import load_model, read_tensors
from roadfcn.downloads.hashes import sha256_of
from roadfcn.encoder_card import encoder_card_of, is_encoder
from roadfcn.errors import ModelFileError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import CAMVID_11, CITYSCAPES_19, ROAD, VOC_21, LabelSet
from roadfcn.model_files import MODEL_NAME, ModelFile, inspect_model_file
from roadfcn.transfer.pretrained import Pretrained
from roadfcn.weights.foreign import ForeignWeights
from roadfcn.weights.reading import read_foreign_weights
from roadfcn.weights.vgg16_shape import CONVOLUTIONS

USUAL_LABEL_SETS = {len(known): known for known in (ROAD, CAMVID_11, CITYSCAPES_19, VOC_21)}
"""What a foreign FCN with so many classes is taken for: files of other programs name none."""


_OF_THE_HEAD = ("head", "alignment", "upsampling", "skip_scales", "decoder_channels")


def open_pretrained(
    path: Path,
    *,
    input_format: InputFormat | None = None,
    at_once: bool | None = None,
    encoder_only: bool = False,
) -> Pretrained:
    """Read weights to start from.

    Args:
        path: A run folder, a model or encoder that roadfcn saved, or what `weights.reading` reads.
        input_format: Of a file that does not say what it wants to be fed, see `weights.reading`.
        at_once: Of the PyTorch port's FCN-8s, whether it was trained with scaled skips.
        encoder_only: A head is left out, and nothing has to be known of it: neither `at_once` nor
            the classes.

    Raises:
        ModelFileError: No such file, damaged, of an unknown kind, or its tensors do not fit.
        LabelSetError: The label set in a model's card is unusable.
    """
    path = Path(path)
    if is_ours(path):
        file = inspect_model_file(path)
        opened = _open_encoder(file) if is_encoder(file) else _open_model(file)
    else:
        opened = from_foreign(
            read_foreign_weights(
                path, input_format=input_format, at_once=at_once, encoder_only=encoder_only
            )
        )
    return opened.encoder_alone() if encoder_only else opened


def is_ours(path: Path) -> bool:
    """Tell whether a path is a safetensors file, or a folder with a model of ours in it."""
    if path.is_dir():
        return (path / MODEL_NAME).is_file()
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError:
        return False  # whoever reads it says why
    return path.suffix == ".safetensors" or (len(head) == 9 and head[6:] == b"\0\0{")


def from_foreign(weights: ForeignWeights, label_set: LabelSet | None = None) -> Pretrained:
    """Take over what another program's file holds; the memory is shared.

    Args:
        weights: As a reader gives it.
        label_set: Of a whole FCN, its classes; the usual ones of that number if None.
    """
    if weights.has_head and label_set is None:
        label_set = USUAL_LABEL_SETS.get(weights.tensors["head.score_fr.bias"].shape[0])
    return Pretrained(
        path=weights.path,
        kind=weights.kind,
        sha256=weights.sha256,
        tensors={name: torch.from_numpy(array) for name, array in weights.tensors.items()},
        input_format=weights.input_format,
        network=weights.network,
        label_set=label_set if weights.has_head else None,
        left_out=weights.left_out,
    )


def _open_model(file: ModelFile) -> Pretrained:
    model, card = load_model(file.path)
    return Pretrained(
        path=file.path,
        kind="a model of roadfcn",
        sha256=sha256_of(file.path),
        tensors=dict(model.state_dict()),
        input_format=_without_size(card.input_format),
        network={key: getattr(model.architecture, key) for key in _OF_THE_HEAD},
        fc_dilation=model.architecture.fc_dilation,
        label_set=card.label_set,
        provenance=card.origin(),
        licence=card.licence,
    )


def _open_encoder(file: ModelFile) -> Pretrained:
    card = encoder_card_of(file)
    wanted = [f"encoder.{layer}.weight" for layer in CONVOLUTIONS]
    missing = [name for name in wanted if name not in file.tensors]
    if missing:
        raise ModelFileError(
            f"the encoder {file.path} is damaged: {', '.join(missing)} missing",
            allowed="a file as roadfcn wrote it",
            do="import the weights again with 'roadfcn weights import'",
        )
    return Pretrained(
        path=file.path,
        kind="an encoder that roadfcn imported",
        sha256=sha256_of(file.path),
        tensors=read_tensors(file),
        input_format=card.input_format,
        fc_dilation=card.fc_dilation,
        provenance=card.provenance,
        licence=card.licence,
    )


def _without_size(input_format: InputFormat) -> InputFormat:
    return InputFormat(
        input_format.channel_order, input_format.scale, input_format.mean, input_format.std
    )
