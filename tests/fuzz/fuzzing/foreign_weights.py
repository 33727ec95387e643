"""Other programs' weights: what is read is a VGG16 of finite numbers, and nothing in it is run."""

import io
from pathlib import Path

import h5py
import numpy as np
import torch
from hypothesis import strategies as st

from caffe_small_nets import small_net
from caffe_writing import caffemodel, v1_layer
from fuzzing.cases import Case, Kind
from fuzzing.checkpoints import damaged_archive, evil_contents, saved
from fuzzing.mutations import damaged, edges, spliced
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.weights.reading import read_foreign_weights
from roadfcn.weights.vgg16_shape import CONVOLUTIONS, misfits, shapes_of, vgg16_shape

_TRACE = Path("PWNED")
_TORCHVISION = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


def _encoder():
    """Give {layer: (weight, bias)} of the narrowest VGG16 there is, without its dense layers."""
    torch.manual_seed(0)
    state = build_fcn(FCNArchitecture(2, width=1 / 64, fc_channels=2, fc_kernel=1)).state_dict()
    return {
        layer: (state[f"encoder.{layer}.weight"], state[f"encoder.{layer}.bias"])
        for layer in CONVOLUTIONS
    }


def _torch_files():
    parts = ("weight", "bias")
    encoder = _encoder()
    torchvision = {
        f"features.{number}.{part}": tensor
        for number, tensors in zip(_TORCHVISION, encoder.values(), strict=True)
        for part, tensor in zip(parts, tensors, strict=True)
    }
    port = {
        f"{layer}.{part}": torch.from_numpy(array)
        for layer, arrays in small_net("16s").items()
        for part, array in zip(parts, arrays, strict=False)
    }
    return [
        saved(torchvision),
        saved(torchvision, _use_new_zipfile_serialization=False),
        saved({"epoch": 3, "model_state_dict": port}),
    ]


def _keras_file():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for layer, (weight, bias) in _encoder().items():
            name = f"block{layer[4]}_conv{layer[6]}"
            file[f"{name}/{name}/kernel:0"] = weight.numpy().transpose(2, 3, 1, 0)
            file[f"{name}/{name}/bias:0"] = bias.numpy()
    return buffer.getvalue()


def _caffe_files():
    return [
        caffemodel(small_net("32s")),
        caffemodel(small_net("8s"), form=v1_layer),
        caffemodel(small_net("at-once"), double=True),
    ]


@st.composite
def _other_numbers(draw, contents):
    """Leave the structure and damage floats: not finite, huge; or lengths, anywhere."""
    content = bytearray(draw(contents))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content) - 8))
        if draw(st.booleans()):
            number = np.float32(draw(st.sampled_from([np.nan, np.inf, -np.inf, 3e38, 1e-40])))
            content[at : at + 4] = number.tobytes()
        else:
            content[at : at + 8] = draw(edges).to_bytes(8, "little")
    return bytes(content)


def _cases(_workshop):
    torch_files = _torch_files()
    whole = [*torch_files, _keras_file(), *_caffe_files()]
    contents = st.sampled_from(whole)
    archives = st.sampled_from([content for content in torch_files if content[:2] == b"PK"])
    made = st.one_of(
        damaged(contents),
        damaged(contents, most=2),
        spliced(contents),
        _other_numbers(contents),
        damaged_archive(archives),
        st.sampled_from(evil_contents(torch_files[0])),
    )
    return st.builds(Case, st.just("weights"), made)


def _check(case, folder):
    path = folder / case.name
    path.write_bytes(case.content)
    try:
        weights = read_foreign_weights(path)
    finally:
        assert not _TRACE.exists(), "the weights have run a command"
        assert [entry.name for entry in folder.iterdir()] == [case.name]
    for name, array in weights.tensors.items():
        assert array.dtype == np.float32, name
        assert np.isfinite(array).all(), name
    shapes = shapes_of(weights.tensors)
    assert list(misfits(shapes)) == []
    assert vgg16_shape(shapes).width > 0
    assert len(weights.sha256) == 64
    return f"right answer: {weights.kind}"


FOREIGN_WEIGHTS = Kind("weights", _cases, _check)
