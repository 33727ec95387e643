"""What goes on with a folder is labelled by what the folder was begun with."""

import json

import pytest

from roadfcn.backends.protocol import Running
from roadfcn.prediction.results.record import Record
from roadfcn.prediction.runs.journal import Journal, journal_path
from roadfcn.prediction.runs.ran_before import Asked, ran_before

MODEL = "abc"
AUTO = Asked("auto", "auto", "auto")
SETTINGS = vars(AUTO) | {"model": MODEL}
TORCH = Running("torch", "cpu", "float32")
OPENVINO = Running("openvino", "cpu", "bfloat16")


def fill(out, ran, share=None, asked=AUTO, model=MODEL):
    """Begin a journal, with one picture in it."""
    with Journal(
        out, vars(asked) | {"model": model}, share=share, ran=vars(ran), resume=True
    ) as journal:
        journal.add(Record("a", "a.png", 3, 4, None, None, 0.1))


def test_what_was_left_to_be_chosen_is_as_it_was_chosen_before(tmp_path):
    fill(tmp_path, OPENVINO)
    ran = ran_before(tmp_path, AUTO, MODEL)
    assert ran == OPENVINO
    assert AUTO.pinned_to(ran) == Asked("openvino", "auto", "bfloat16")
    assert Asked("torch", "cpu", "auto").pinned_to(ran) == Asked("torch", "cpu", "bfloat16")
    assert Asked("auto", "cpu", "float32").pinned_to(ran) == Asked("openvino", "cpu", "float32")
    assert AUTO.pinned_to(None) == AUTO
    # What no engine takes for a precision's name is left to the engine.
    assert AUTO.pinned_to(Running("openvino", "gpu", "f16")).precision == "auto"


def test_another_share_counts_and_what_is_begun_anew_does_not(tmp_path):
    fill(tmp_path, OPENVINO, share=(1, 2))
    assert ran_before(tmp_path, AUTO, MODEL, besides=journal_path(tmp_path, (2, 2))) == OPENVINO
    assert ran_before(tmp_path, AUTO, MODEL, besides=journal_path(tmp_path, (1, 2))) is None


def test_who_asked_for_something_else_is_none_of_this_run(tmp_path):
    fill(tmp_path, TORCH, asked=Asked("torch", "auto", "auto"))
    assert ran_before(tmp_path, AUTO, MODEL) is None


def test_another_model_is_not_run_by_the_engine_of_the_one_before(tmp_path):
    fill(tmp_path, OPENVINO, model="def")
    assert ran_before(tmp_path, AUTO, MODEL) is None


def test_results_of_several_engines_are_told(tmp_path, caplog):
    fill(tmp_path, TORCH, share=(1, 3))
    fill(tmp_path, TORCH, share=(2, 3))
    assert ran_before(tmp_path, AUTO, MODEL) == TORCH
    assert caplog.text == ""
    fill(tmp_path, OPENVINO, share=(3, 3))
    assert ran_before(tmp_path, AUTO, MODEL) == TORCH
    assert "torch on cpu in float32; openvino on cpu in bfloat16" in caplog.text


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["no JSON"],
        [json.dumps({"settings": SETTINGS})],
        [json.dumps({"settings": SETTINGS}), json.dumps({"ran": "torch"})],
        [json.dumps({"settings": SETTINGS}), json.dumps({"ran": {"engine": 1}})],
        [json.dumps({"settings": SETTINGS}), json.dumps({"name": "a"})],
    ],
)
def test_a_journal_that_does_not_say_pins_nothing(tmp_path, lines):
    (tmp_path / "records.jsonl").write_text("".join(f"{line}\n" for line in lines))
    assert ran_before(tmp_path, AUTO, MODEL) is None
    assert ran_before(tmp_path / "nowhere", AUTO, MODEL) is None
