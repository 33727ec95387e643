"""load_vgg(): a trained VGG16 as TensorFlow programs find it in data/vgg.

That saved graph takes RGB pictures of 0..255, does the normalising itself, and gives the outputs
of layers 3, 4 and 7; dropout is told at each call which share to keep. Here it is a module around
our encoder, from whatever file its weights are in.

N pictures, H,W pixels; H and W are multiples of 32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from roadfcn import __version__
from roadfcn.errors import ConfigError, ModelFileError
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import LabelSet
from roadfcn.model_card import ModelCard
from roadfcn.models.alignment import STRIDE
from roadfcn.models.fcn import FCN, build_fcn
from roadfcn.models.named_architectures import named_architecture
from roadfcn.models.vgg16 import VGG16
from roadfcn.transfer.decoder_layers import DecoderLayers
from roadfcn.transfer.opening import open_pretrained
from roadfcn.transfer.pretrained import Pretrained
from roadfcn.weights.vgg16_shape import vgg16_shape

_DROPOUT = 0.5
"""Of VGG16 (Simonyan and Zisserman, ICLR 2015, section 3.1)."""


class LayerOutputs(NamedTuple):
    """What the decoder reads, each N,_,h,w: after pool3, pool4 and fc7's dropout."""

    layer3_out: Tensor
    layer4_out: Tensor
    layer7_out: Tensor


class VGGGraph(nn.Module):
    """A VGG16 that is fed pictures as they are; see `load_vgg`.

    Args:
        encoder: With 'same' padding at fc6.
        weights: Where its tensors are from; their input format is what is done to pictures here.
        sizes: Of the encoder, under the names of `FCNArchitecture`.
    """

    _weight: Tensor
    _bias: Tensor

    def __init__(self, encoder: VGG16, weights: Pretrained, sizes: dict[str, Any]) -> None:
        super().__init__()
        self.encoder, self.weights, self.channels = encoder, weights, encoder.channels
        self._sizes = sizes
        weight, bias = weights.input_format.affine()
        self.register_buffer("_weight", torch.from_numpy(weight)[:, None, None], persistent=False)
        self.register_buffer("_bias", torch.from_numpy(bias)[:, None, None], persistent=False)

    def forward(self, image_input: Tensor, keep_prob: float | None = None) -> LayerOutputs:
        """Give the outputs of layers 3, 4 and 7.

        Args:
            image_input: N,3,H,W RGB, 0..255, float or uint8.
            keep_prob: The share of fc6's and of fc7's elements that dropout keeps (and divides by
                it): 0.5 in training, 1 otherwise. None leaves it to `train()` and `eval()`.

        Raises:
            ConfigError: Pictures of another shape or size, or an impossible `keep_prob`.
        """
        _check_pictures(image_input)
        pictures = image_input.to(self._weight.dtype)
        ordered = pictures if self.weights.input_format.channel_order == "rgb" else pictures.flip(1)
        with self._keeping(keep_prob):
            features = self.encoder(ordered * self._weight + self._bias)
            return LayerOutputs(features.pool3, features.pool4, features.fc7)

    def join(
        self,
        decoder: DecoderLayers,
        label_set: LabelSet,
        *,
        image_shape: tuple[int, int] | None = None,
    ) -> tuple[FCN, ModelCard]:
        """Make one network of both, and the card to save it with (`save_model`).

        It shares all tensors: what is trained here is trained there. It takes pictures of any
        size, normalised by the card's input format, and is in the mode, training or not, that
        this module is in.

        Args:
            decoder: Made for `channels`.
            label_set: The decoder's classes, in the order of its scores.
            image_shape: (height, width) that pictures are to be resized to for it, or None.

        Raises:
            ConfigError: The parts do not fit each other.
        """
        if decoder.channels != self.channels or decoder.num_classes != len(label_set):
            raise ConfigError(
                f"a decoder for {decoder.channels} channels and {decoder.num_classes} classes "
                f"meets a VGG16 with {self.channels} and {len(label_set)} classes "
                f"('{label_set.name}')",
                allowed="the same channels of layers 3, 4 and 7, and one score for each class",
                do="make it with layers(len(label_set), vgg.channels)",
            )
        sizes = self._sizes | {"dropout": self.encoder.drop6.p}
        architecture = named_architecture("tensorflow", decoder.num_classes, sizes)
        with torch.device("meta"):  # its own tensors make room for those that are there
            model = build_fcn(architecture)
        model.encoder, model.head = self.encoder, decoder.head
        return model.train(self.training), ModelCard(
            architecture=architecture.to_dict(),
            label_set=label_set,
            input_format=replace(self.weights.input_format, size=image_shape),
            provenance={"roadfcn": __version__, "weights": self.weights.describe()},
            licence="Weights follow the terms of the data they were trained on, and of the "
            "weights they started from.",
        )

    @contextmanager
    def _keeping(self, keep_prob: float | None) -> Iterator[None]:
        """Let dropout keep this share for one call, whatever mode the module is in."""
        drops = [self.encoder.drop6, self.encoder.drop7]
        before = [(drop.p, drop.training) for drop in drops]
        if keep_prob is not None:
            if not 0 < keep_prob <= 1:
                raise ConfigError(
                    f"keep_prob is {keep_prob}",
                    allowed="above 0, up to 1: the share that is kept, not the one dropped",
                    do="give 1 minus the probability to drop",
                )
            for drop in drops:
                drop.p, drop.training = 1 - keep_prob, True
        try:
            yield
        finally:
            for drop, (p, training) in zip(drops, before, strict=True):
                drop.p, drop.training = p, training


def load_vgg(
    vgg_path: str | Path,
    *,
    input_format: InputFormat | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> VGGGraph:
    """Load a trained VGG16, on the CPU, in float32 and eval mode.

    Args:
        vgg_path: `data/vgg` or another SavedModel or checkpoint of TensorFlow, a weight file of
            torchvision, Keras or Caffe, a model, run or imported encoder of ours, or a name that
            `roadfcn weights list` shows, which is fetched if it is not here.
        input_format: Of a plain state dict, which does not say what it wants to be fed.
        progress: Called with (bytes, bytes in all) while weights are fetched.

    Raises:
        ConfigError: A name that is not in the catalogue.
        DownloadError, OutputError: The weights cannot be fetched.
        ModelFileError: They cannot be read, or have no fc6 and fc7.
    """
    from roadfcn.weights.catalogue import resolve_weights  # downloading wants libraries of its own

    path = resolve_weights(str(vgg_path), progress=progress)
    weights = open_pretrained(path, input_format=input_format)
    encoder, sizes = _encoder_of(weights)
    return VGGGraph(encoder, replace(weights, tensors={}), sizes).eval()


def _encoder_of(weights: Pretrained) -> tuple[VGG16, dict[str, Any]]:
    """Build the encoder with tensors of its own; give its sizes too."""
    prefix = "encoder."
    stored = {n.removeprefix(prefix): t for n, t in weights.tensors.items() if n.startswith(prefix)}
    shape = vgg16_shape({name: tuple(tensor.shape) for name, tensor in weights.tensors.items()})
    if shape.fc_channels is None or shape.fc_kernel is None:
        raise ModelFileError(
            f"{weights.path} is {weights.kind} without fc6 and fc7, which layer7_out comes from",
            allowed="a VGG16 with its first two dense layers",
            do="take the file that has them, or train a network whose fc6 and fc7 start fresh: "
            f"roadfcn train CONFIG weights={weights.path}",
        )
    sizes: dict[str, Any] = {
        "width": shape.width,
        "batch_norm": "conv1_1.norm.weight" in stored,
        "fc_channels": shape.fc_channels,
        "fc_kernel": shape.fc_kernel,
        "fc_dilation": weights.fc_dilation,
    }
    padding = weights.fc_dilation * (shape.fc_kernel // 2)
    with torch.device("meta"):
        encoder = VGG16(**sizes, fc_padding=padding, dropout=_DROPOUT)
    wanted = {name: tensor.shape for name, tensor in encoder.state_dict().items()}
    found = {name: tensor.shape for name, tensor in stored.items()}
    odd = sorted(name for name in wanted | found if wanted.get(name) != found.get(name))
    if odd:
        raise ModelFileError(
            f"the encoder in {weights.path} is no VGG16: missing, unknown or of another shape are "
            f"{', '.join(odd)}",
            allowed=f"its {len(wanted)} tensors, at one width",
            do="import or train the weights again",
        )
    encoder.to_empty(device="cpu")
    encoder.load_state_dict(stored)
    return encoder, sizes


def _check_pictures(image_input: Tensor) -> None:
    shape = tuple(image_input.shape)
    if len(shape) != 4 or shape[1] != 3:
        raise ConfigError(
            f"pictures have the shape {shape}",
            allowed="N,3,H,W: colours before rows and columns",
            do="turn TensorFlow's order around: images.permute(0, 3, 1, 2)",
        )
    height, width = shape[2:]
    if height % STRIDE or width % STRIDE or not height * width:
        raise ConfigError(
            f"pictures are {height} x {width} px (height x width)",
            allowed=f"height and width that are multiples of {STRIDE}, or layers 3, 4 and 7 do not "
            "lie on each other",
            do="resize them, or use the network that join() gives: it pads, and takes any size",
        )
