"""ONNX and OpenVINO files: one that opens has its card's classes, and labels a picture."""

import json
import re

import numpy as np
from hypothesis import strategies as st

from colour_network import CARD, write_onnx, write_openvino
from fuzzing.cases import Case, Kind
from fuzzing.mutations import damaged, damaged_tree, spliced
from roadfcn.backends.opening import open_backend
from roadfcn.errors import ModelFileError
from roadfcn.prediction.network.predictor import Predictor

_IMAGE = np.random.default_rng(6).integers(0, 256, (5, 7, 3), np.uint8)
_ONNX, _XML, _BIN = "model.onnx", "model.xml", "model.bin"


@st.composite
def _other_card(draw, workshop, write, name):
    """Damage the card and nothing else."""
    tree = draw(damaged_tree(st.just(json.loads(CARD.to_json())), most=2))
    try:
        text = json.dumps(tree).encode("utf-8", "replace").decode()
    except ValueError:
        text = "{"
    return write(workshop / name, card=text).read_bytes()


@st.composite
def _other_numbers(draw, contents):
    """Damage what XML says in numbers and words: places, lengths, shapes, kinds of layers."""
    text = draw(contents).decode("utf-8")
    found = [match.span(1) for match in re.finditer(r'="([^"]{1,40})"', text)]
    for begin, end in sorted(draw(st.lists(st.sampled_from(found), max_size=3)), reverse=True):
        values = ["0", "-1", "1", "3", "2147483648", "9223372036854775808", "f16", "i64", "Const"]
        text = text[:begin] + draw(st.sampled_from(values)) + text[end:]
    return text.encode()


def _cases(workshop):
    onnx = st.just(write_onnx(workshop / _ONNX).read_bytes())
    graph = st.just(write_openvino(workshop / _XML).read_bytes())
    weights = st.just((workshop / _BIN).read_bytes())
    other = workshop / "other"
    other.mkdir(exist_ok=True)
    return st.one_of(
        st.builds(Case, st.just(_ONNX), damaged(onnx, most=2)),
        st.builds(Case, st.just(_ONNX), spliced(onnx)),
        st.builds(Case, st.just(_ONNX), _other_card(other, write_onnx, _ONNX)),
        st.builds(Case, st.just(_XML), damaged(graph, most=2)),
        st.builds(Case, st.just(_XML), _other_numbers(graph)),
        st.builds(Case, st.just(_XML), _other_card(other, write_openvino, _XML)),
        st.builds(Case, st.just(_BIN), damaged(weights, most=2)),
    )


def _check(case, folder):
    if case.name != _ONNX:  # the other half of an OpenVINO model is as it was
        write_openvino(folder / _XML)
    (folder / case.name).write_bytes(case.content)
    path = folder / (_ONNX if case.name == _ONNX else _XML)
    backend = open_backend(path, device="cpu", precision="float32")
    try:
        prediction = Predictor(backend).predict(_IMAGE)
    except ModelFileError as problem:
        told = any(words in problem.found for words in ("gives", "fails to run"))
        assert told, problem  # noqa: PT017 - other errors pass through
        return "right answer: opened, and the picture refused"
    assert prediction.labels.shape == _IMAGE.shape[:2]
    assert prediction.labels.max() < len(backend.card.label_set)
    np.testing.assert_allclose(prediction.probabilities.sum(axis=0), 1, atol=1e-5)
    return None


CONVERTED_MODELS = Kind("converted models", _cases, _check)
