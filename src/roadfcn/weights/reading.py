"""Any weight file of another program: recognised by its content, then read.

Names and suffixes decide nothing, as files are renamed. Reading runs no code out of the file.
"""

from __future__ import annotations

from pathlib import Path

from roadfcn.errors import ModelFileError
from roadfcn.input_format import InputFormat
from roadfcn.weights.foreign import ForeignWeights

KINDS = (
    "PyTorch files with torchvision's VGG16, the PyTorch port of FCN, or a plain VGG16",
    "Keras' VGG16 (.h5)",
    "caffemodels of VGG16 and of FCN-32s, 16s, 8s",
    "TensorFlow SavedModels and checkpoints of VGG16, and of FCN-8s on it",
)
"""What can be read, in words."""


def read_foreign_weights(
    path: Path,
    *,
    input_format: InputFormat | None = None,
    at_once: bool | None = None,
    encoder_only: bool = False,
) -> ForeignWeights:
    """Read weights that another program wrote.

    Args:
        path: A file, or a TensorFlow folder.
        input_format: Of a plain state dict, or of a TensorFlow graph of one's own, which do not
            say what they want to be fed.
        at_once: Of the PyTorch port's FCN-8s, whether it was trained with scaled skips.
        encoder_only: The head is not going to be used: nothing has to be known of it.

    Raises:
        ModelFileError: Missing, damaged, or none of `KINDS`; or its tensors do not fit.
    """
    path = Path(path)
    # Each reader loads a library of its own: none that is not needed.
    from roadfcn.weights.tensorflow_files import is_tensorflow

    if is_tensorflow(path):  # first, as a checkpoint's name stands for files, none of which it is
        from roadfcn.weights.tensorflow_nets import read_tensorflow_weights

        weights = read_tensorflow_weights(path, input_format=input_format)
        return _checked(weights, input_format, at_once)
    if not path.exists():
        raise ModelFileError(
            f"there are no weights {path}",
            allowed="a run, a model, or a weight file of another program",
            do="check the path",
        )
    if path.is_dir():
        raise _unknown(path, "a folder with no run and no TensorFlow model in it")
    try:
        return _read_file(path, input_format, at_once, encoder_only)
    except OSError as problem:
        raise ModelFileError(
            f"the weights {path} cannot be read: {problem.strerror or problem}",
            allowed="a file that you may read, on a disk that works",
            do="check its rights and the disk",
        ) from problem


def _read_file(
    path: Path, input_format: InputFormat | None, at_once: bool | None, encoder_only: bool
) -> ForeignWeights:
    from roadfcn.weights.caffe_files import is_caffemodel
    from roadfcn.weights.hdf5_files import is_hdf5
    from roadfcn.weights.torch_files import is_torch_file

    if is_torch_file(path):
        from roadfcn.weights.torch_nets import read_torch_weights

        return read_torch_weights(
            path, input_format=input_format, at_once=at_once, encoder_only=encoder_only
        )
    if is_hdf5(path):
        from roadfcn.weights.keras_vgg16 import read_keras_weights

        return _checked(read_keras_weights(path), input_format, at_once)
    if is_caffemodel(path):
        from roadfcn.weights.caffe_nets import read_caffe_weights

        return _checked(read_caffe_weights(path), input_format, at_once)
    with path.open("rb") as file:
        head = file.read(64)
    raise _unknown(path, _words_for(head))


def _checked(
    weights: ForeignWeights, input_format: InputFormat | None, at_once: bool | None
) -> ForeignWeights:
    """Refuse to be told what a file says itself, and says otherwise."""
    if at_once is not None:
        raise ModelFileError(
            f"{weights.path} is {weights.kind}, and was said to be trained "
            f"{'at once' if at_once else 'in stages'}",
            allowed="this for an FCN-8s of the PyTorch port, whose file does not tell",
            do="leave it out",
        )
    if input_format not in (None, weights.input_format):
        raise ModelFileError(
            f"{weights.path} is {weights.kind}, which wants {weights.input_format}, and "
            f"{input_format} was given",
            allowed="the input format of the file",
            do="leave the input format out",
        )
    return weights


def _words_for(head: bytes) -> str:
    """Say what a file looks like that no reader knows."""
    if not head:
        return "empty (0 bytes)"
    if head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "a web page, as servers send it in place of a file"
    if head.startswith(b"version https://git-"):
        return "a Git LFS pointer, not the file itself"
    if head.startswith(b"PK"):
        return "a zip file with no weights of PyTorch in it"
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head):
        return f"a text file that begins {head[:24].decode('ascii')!r}"
    return f"no weight file of a known kind; it begins with the bytes {head[:8].hex(' ')}"


def _unknown(path: Path, found: str) -> ModelFileError:
    return ModelFileError(
        f"{path} is {found}",
        allowed=f"a run or model of roadfcn; {'; '.join(KINDS)}",
        do="check the path; unpack an archive first, fetch a broken download again",
    )
