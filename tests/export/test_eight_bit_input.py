"""A file with its preprocessing inside, whose engine fails: one error of ours, as with others."""

import numpy as np
import pytest

from roadfcn.errors import ModelFileError
from roadfcn.export import eight_bit_input
from roadfcn.export.eight_bit_input import EightBitBackend
from roadfcn.export.exporting import export_model
from roadfcn.export.plan import Plan

BATCH = np.zeros((1, 3, 40, 50), np.float32)


@pytest.mark.parametrize("name", ["m.onnx", "m.xml"])
def test_a_file_that_an_engine_cannot_read_is_told(tmp_path, tiny_card, name):
    (tmp_path / name).write_bytes(b"no model")
    with pytest.raises(ModelFileError, match=name):
        EightBitBackend(tmp_path / name, tiny_card)


@pytest.mark.parametrize(
    ("answer", "words"),
    [(RuntimeError("out of memory"), "out of memory"), (np.zeros((1, 5, 40, 50)), "5")],
)
def test_an_engine_that_fails_or_gives_other_scores_is_told(
    tmp_path, tiny_run, streets, monkeypatch, answer, words
):
    exported = export_model(
        tiny_run, tmp_path / "m.onnx", Plan("onnx", eight_bit_input=True), pictures=streets
    )

    def run(_images):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(eight_bit_input, "_onnx", lambda _path: run)
    backend = EightBitBackend(tmp_path / "m.onnx", exported.card)
    with pytest.raises(ModelFileError, match=words):
        backend.logits(BATCH)
