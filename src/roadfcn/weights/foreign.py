"""What comes out of another program's weight file: tensors under our names, and what they want.

A reader (`torch_files`, `keras_vgg16`, `caffe_nets`, `tensorflow_nets`) finds arrays under foreign
names; `name_table.assemble` gives them ours and checks them; the result is this record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roadfcn.input_format import InputFormat

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class ForeignWeights:
    """A VGG16 encoder, or a whole FCN on one, from a file that is not ours.

    Args:
        path: The file or folder it came from.
        kind: What the file is, in words, such as "torchvision's VGG16".
        sha256: Of the file's content, in hex; of a folder, over its graph and its weights' files.
        tensors: Under the names of `models.fcn.FCN`'s state, in torch's memory layouts, float32:
            `encoder.conv1_1.weight` O,I,3,3 to `encoder.conv5_3.bias` O; `encoder.fc6.…` and
            `encoder.fc7.…` as convolutions if the file has them; `head.…` if it is a whole FCN.
        input_format: What the network wants to be fed; `size` is None.
        network: Of a whole FCN, the entries of `models.architecture.FCNArchitecture` that its file
            decides and its shapes do not: `head`, `alignment`, `upsampling`, `upsampling_bias`,
            `skip_scales`, `dropout`. Empty for an encoder alone.
        left_out: Tensors that belong to the file and not to us, under its own names: VGG16's
            last layer, an optimizer's state.
    """

    path: Path
    kind: str
    sha256: str
    tensors: Arrays
    input_format: InputFormat
    network: dict[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def has_head(self) -> bool:
        """Tell whether this is a whole FCN and not an encoder alone."""
        return bool(self.network)
