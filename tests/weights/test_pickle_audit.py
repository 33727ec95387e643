"""Pickles are followed without calling anything: what they would call is named."""

import collections
import io
import os
import pickle
import time
import zipfile

import numpy as np
import pytest
import torch

from roadfcn.weights.pickle_audit import foreign_calls


def calls_of(content):
    return foreign_calls(io.BytesIO(content))


class Runs:
    """A value that runs a command when it is loaded."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def what_torch_pickles(content):
    file = io.BytesIO()
    torch.save(content, file)
    with zipfile.ZipFile(file) as archive:
        return archive.read("archive/data.pkl")


@pytest.mark.parametrize(
    "content",
    [
        torch.nn.Linear(2, 2).state_dict(),
        {"a": torch.zeros(2, dtype=torch.bfloat16), "b": [1, 2.5, None, True, ("x", {})]},
        {"epoch": 3, "best_mean_iu": np.float64(0.5), "steps": np.int64(7)},
        torch.optim.Adam([torch.zeros(2, requires_grad=True)]).state_dict(),
        {"weight": torch.nn.Parameter(torch.zeros(2))},
    ],
)
def test_what_torch_writes_of_tensors_and_plain_values_calls_nothing_foreign(content):
    assert calls_of(what_torch_pickles(content)) == []


@pytest.mark.parametrize("protocol", range(6))
def test_calls_are_named_in_every_protocol(protocol):
    found = calls_of(pickle.dumps({"a": Runs(os.system, "true")}, protocol))
    assert found[-1] in ("posix.system", "nt.system")


def test_every_foreign_name_is_told():
    content = pickle.dumps([Runs(os.system, "a"), Runs(eval, "1"), collections.Counter()], 2)
    assert calls_of(content) == ["__builtin__.eval", "collections.Counter", "posix.system"]


def test_an_object_of_a_class_is_named():
    assert "torch.nn.modules.linear.Linear" in calls_of(what_torch_pickles(torch.nn.Linear(1, 1)))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        # bytearray(2**40), OrderedDict(d) with d remembered, torch.Tensor(2**40)
        (b"\x80\x02c__builtin__\nbytearray\n\x8a\x06\0\0\0\0\0\1\x85R.", "__builtin__.bytearray"),
        (b"\x80\x02ccollections\nOrderedDict\n}q\0\x85q\1R0h\1.", ""),
        (
            b"\x80\x02ccollections\nOrderedDict\nq\2}q\0\x85R0h\2h\0\x85R.",
            "collections.OrderedDict with unusual arguments",
        ),
        # A list that was filled is still the one that was fetched.
        (
            b"\x80\x02]q\0ccollections\nOrderedDict\nh\0K\1a\x85R.",
            "collections.OrderedDict with unusual arguments",
        ),
        # encode(encode(x, 'hex'), 'hex') doubles with each call.
        (
            b"\x80\x02c_codecs\nencode\nX\1\0\0\0aX\3\0\0\0hex\x86R.",
            "_codecs.encode with unusual arguments",
        ),
        (b"\x80\x02ctorch\nTensor\n\x8a\x06\0\0\0\0\0\1\x85R.", "torch.Tensor"),
        (b"\x80\x02ctorch\nFloatStorage\nK\1\x85R.", "torch.FloatStorage with unusual"),
        (b"\x80\x02X\1\0\0\0a)R.", "a call of something without a name"),
        (b"\x80\x02]}b.", "the state of an object that is no tensor"),
        # A tuple of a tuple of ... as a key; each from memory, so that none is long.
        (b"\x80\x02}" + b")" + b"\x85q\1h\1" * 100_000 + b"Ns.", "tuples within tuples"),
        (b"\x80\x02ccollections\nOrderedDict\n)\x81.", "the instruction NEWOBJ"),
        (b"(S'true'\nios\nsystem\n.", "the instruction INST"),
    ],
)
def test_calls_that_could_fill_any_memory_are_foreign(content, told):
    assert any(told in call for call in calls_of(content)) == bool(told)


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"hello", b"\x80\x02}", b"\x80\x02R.", b"\x80\x02h\5.", b"\x80\x02u.",
                b"\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\x7f"]
)  # fmt: skip
def test_what_is_no_pickle_is_a_value_error(content):
    with pytest.raises(ValueError, match=r"."):
        calls_of(content)


def test_texts_with_odd_escapes_warn_of_nothing():
    assert calls_of(b"S'\\o'\n.") == []


def test_a_long_pickle_is_followed_in_reasonable_time():
    content = pickle.dumps({str(number): [number, float(number)] for number in range(50_000)}, 2)
    begun = time.monotonic()
    assert calls_of(content) == []
    assert time.monotonic() - begun < 20


def test_the_file_stands_behind_the_pickle_afterwards():
    file = io.BytesIO(pickle.dumps(1, 2) + b"rest")
    assert foreign_calls(file) == []
    assert file.read() == b"rest"
