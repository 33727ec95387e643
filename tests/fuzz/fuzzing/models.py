"""Model files: a model that loads has the shapes of its card, and labels a picture."""

import json
import struct

import numpy as np
import torch
from hypothesis import strategies as st

from fuzzing.cases import Case, Kind
from fuzzing.mutations import LONG, damaged, damaged_tree, spliced
from roadfcn.backends.opening import open_backend
from roadfcn.checkpoints import load_model, save_model
from roadfcn.errors import ModelFileError
from roadfcn.input_format import VGG_BGR, InputFormat
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.model_card import ModelCard
from roadfcn.model_files import CARD_KEY
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import build_fcn
from roadfcn.prediction.network.predictor import Predictor

_IMAGE = np.random.default_rng(6).integers(0, 256, (5, 7, 3), np.uint8)


def valid_models(workshop):
    """List the bytes of three small models of different make."""
    torch.manual_seed(0)
    tiny = {"width": 0.02, "fc_channels": 4, "fc_kernel": 1, "score_start": "normal"}
    made = [
        (FCNArchitecture(2, **tiny), ROAD, InputFormat(), False),
        (FCNArchitecture(11, batch_norm=True, **tiny), CAMVID_11, VGG_BGR, True),
        (
            FCNArchitecture(2, head="32s", upsampling="learned", upsampling_bias=True, **tiny),
            ROAD,
            InputFormat(size=(8, 8)),
            False,
        ),
    ]
    contents = []
    for number, (architecture, label_set, form, half) in enumerate(made):
        path = workshop / f"{number}.safetensors"
        card = ModelCard(architecture.to_dict(), label_set, form, scores={"val": {"iou": 0.5}})
        save_model(path, build_fcn(architecture), card, half=half)
        contents.append(path.read_bytes())
    return contents


def _parts(content):
    """Give (header, tensors' bytes)."""
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def _whole(text, body):
    data = text.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(data)) + data + body


def _json(tree):
    """Write JSON, with what JSON does not have: NaN, and numbers of any length."""
    try:
        return json.dumps(tree)
    except ValueError:
        return '{"__metadata__": {"format": ' + "9" * LONG + "}}"


@st.composite
def _other_header(draw, contents):
    """Damage the entries of tensors: types, shapes, places, names."""
    header, body = _parts(draw(contents))
    names = [name for name in header if name != "__metadata__"]
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(names))
        other = header.get(draw(st.sampled_from(names)), {})
        what = draw(st.sampled_from(["overlap", "type", "shape", "shift", "rename", "tree"]))
        entry = header.get(name)
        if not isinstance(entry, dict):
            continue
        if what == "overlap":
            entry.update(json.loads(json.dumps(other)))
        elif what == "type":
            types = ["F64", "F16", "BF16", "I64", "BOOL", "F8_E4M3", "f32", "", "U64"]
            entry["dtype"] = draw(st.sampled_from(types))
        elif what == "shape":
            sizes = st.sampled_from([0, 1, 2, 3, -1, 2**31, 2**62, 2.0])
            entry["shape"] = draw(st.lists(sizes, max_size=5))
        elif what == "shift" and _are_numbers(entry.get("data_offsets")):
            moved = draw(st.sampled_from([-8, -4, 1, 4, 2**40]))
            entry["data_offsets"] = [offset + moved for offset in entry["data_offsets"]]
        elif what == "rename":
            header[f"{name}{draw(st.sampled_from(['', '_', '.weight']))}"] = header.pop(name)
        else:
            header[name] = draw(damaged_tree(st.just(entry)))
    text = _json(header)
    if draw(st.integers(0, 4)) == 0:  # a key twice, which only the text can have
        text = text[:-1] + ", " + text[1:]
    return _whole(text, body)


def _are_numbers(values):
    """Tell whether offsets are what they were, or damaged before."""
    return isinstance(values, list) and all(isinstance(value, int | float) for value in values)


@st.composite
def _other_card(draw, contents):
    """Damage the card and nothing else."""
    header, body = _parts(draw(contents))
    card = json.loads(header["__metadata__"][CARD_KEY])
    text = _json(draw(damaged_tree(st.just(card), most=2)))
    if draw(st.integers(0, 9)) == 0:
        text = draw(st.sampled_from(["", "[]", "null", "{}", "[" * LONG, "1e999", text[:-5]]))
    header["__metadata__"][CARD_KEY] = text
    return _whole(_json(header), body)


@st.composite
def _other_weights(draw, contents):
    """Leave the header and damage the numbers: not finite, huge, of another length."""
    header, body = _parts(draw(contents))
    values = bytearray(body)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(values) - 4))
        number = draw(st.sampled_from([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-40]))
        values[at : at + 4] = struct.pack("<f", number)
    if draw(st.booleans()):
        values = draw(damaged(st.just(bytes(values))))
    return _whole(json.dumps(header), bytes(values))


def model_bytes(models):
    """Give a strategy of bytes: `models` damaged in some way."""
    contents = st.sampled_from(models)
    return st.one_of(
        damaged(contents),
        spliced(contents),
        _other_header(contents),
        _other_header(contents),
        _other_card(contents),
        _other_card(contents),
        _other_weights(contents),
    )


def _cases(workshop):
    return st.builds(Case, st.just("model.safetensors"), model_bytes(valid_models(workshop)))


def _check(case, folder):
    path = folder / case.name
    path.write_bytes(case.content)
    model, card = load_model(path)
    header, _ = _parts(case.content)
    stored = {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}
    assert {name: list(tensor.shape) for name, tensor in model.state_dict().items()} == stored
    assert len(card.label_set) == model.architecture.num_classes
    backend = open_backend(path, device="cpu", precision="float32")
    try:
        prediction = Predictor(backend).predict(_IMAGE)
    except ModelFileError as problem:
        assert "not finite" in problem.found, problem  # noqa: PT017 - other errors pass through
        return "right answer: loaded, and the scores refused"
    assert prediction.labels.shape == _IMAGE.shape[:2]
    assert prediction.labels.max() < len(card.label_set)
    np.testing.assert_allclose(prediction.probabilities.sum(axis=0), 1, atol=1e-5)
    return None


MODELS = Kind("models", _cases, _check)
