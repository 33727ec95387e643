"""Checkpoints: one that is read holds plain values, and none ever runs what is written in it."""

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch
from hypothesis import strategies as st

from fuzzing.cases import Case, Kind
from fuzzing.mutations import damaged, damaged_tree, spliced
from roadfcn.training.saving.lightning_io import AtomicCheckpointIO

_TRACE = Path("PWNED")


class _Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, function, *arguments):
        self._call = (function, arguments)

    def __reduce__(self):
        return self._call


def _state():
    """Give what Lightning's checkpoints are made of, in small."""
    weights = OrderedDict(
        (f"model.{name}", torch.arange(6, dtype=torch.float32).reshape(2, 3)) for name in "ab"
    )
    moments = {n: {"step": torch.tensor(3.0), "exp_avg": torch.ones(2, 3)} for n in range(2)}
    return {
        "epoch": 3,
        "global_step": 12,
        "pytorch-lightning_version": "2.6.0",
        "state_dict": weights,
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"current": {"ready": 4}}}},
        "callbacks": {"BestModel": {"best": 0.5, "best_epoch": 2}},
        "optimizer_states": [{"state": moments, "param_groups": [{"lr": 1e-3, "params": [0, 1]}]}],
        "lr_schedulers": [{"last_epoch": 12, "_last_lr": [1e-3]}],
        "random": {"python": [3, 2**31, 5], "torch": torch.arange(16, dtype=torch.uint8)},
    }


def saved(values, **options):
    """Give the bytes of a file of torch."""
    buffer = io.BytesIO()
    torch.save(values, buffer, **options)
    return buffer.getvalue()


def _zip_entries(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def _zipped(entries, packed=False):
    buffer = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, how)
    return buffer.getvalue()


def _with_pickle(content, data):
    """Put another pickle in the place of a checkpoint's."""
    entries = _zip_entries(content)
    return _zipped([(n, data if n.endswith("data.pkl") else old) for n, old in entries])


@st.composite
def damaged_archive(draw, contents):
    """Damage the parts inside the archive: the pickle, the tensors, the notes; pack them anew."""
    entries = _zip_entries(draw(contents))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, 31)) % len(entries)
        if draw(st.booleans()):
            at = next((i for i, (name, _) in enumerate(entries) if "pkl" in name), at)
        name, data = entries[at]
        what = draw(st.sampled_from(["damage", "damage", "drop", "double", "rename", "huge"]))
        if what == "damage":
            entries[at] = (name, draw(damaged(st.just(data), most=4)))
        elif what == "drop" and len(entries) > 1:
            del entries[at]
        elif what == "double":
            entries.append((name + "x", data))
        elif what == "rename":
            entries[at] = (draw(st.sampled_from(["x", "../x", "archive/data.pkl"])), data)
        else:
            entries[at] = (name, data.replace(b"\x06", b"J\xff\xff\xff\x7f"))
    return _zipped(entries, packed=draw(st.booleans()))


_EVIL = [
    _Evil(os.system, "touch PWNED"),
    _Evil(eval, "open('PWNED', 'w')"),
    _Evil(exec, "open('PWNED', 'w')"),
    _Evil(open, "PWNED", "w"),
    _Evil(bytearray, 2**40),
    _Evil(OrderedDict, [("a", 1)]),
    _Evil(torch.zeros, 2**40),
    _Evil(torch.load, "other.ckpt"),
    _Evil(pickle.loads, b"cos\nsystem\n(S'touch PWNED'\ntR."),
]


def evil_contents(valid):
    """List files that would run something, or never end; some with all of `valid` around them."""
    found = []
    for evil in _EVIL:
        data = pickle.dumps({"state_dict": {}, "epoch": evil}, protocol=2)
        found += [data, _with_pickle(valid, data)]
    nested = b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."
    tuples = b"\x80\x02N" + b"\x85" * 200_000 + b"."
    doubled = b"\x80\x02]q\x00" + b"h\x00h\x00\x86" * 50 + b"."
    long = b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"\xff."
    named, called = b"cos\nsystem\n.", b"cos\nsystem\n(S'touch PWNED'\ntR."
    for data in (nested, tuples, doubled, long, named, called):
        found += [data, _with_pickle(valid, data)]
    return found


def _cases(_workshop):
    state = _state()
    whole = [saved(state), saved(state, _use_new_zipfile_serialization=False)]
    whole.append(saved({**state, "half": torch.ones(3).half(), "flags": torch.ones(2).bool()}))
    contents = st.sampled_from(whole)
    archives = st.sampled_from([content for content in whole if content[:2] == b"PK"])
    plain = {key: value for key, value in state.items() if key not in ("state_dict", "random")}
    made = st.one_of(
        damaged(contents),
        spliced(contents),
        damaged_archive(archives),
        damaged_archive(archives),
        damaged_tree(st.just(plain)).map(saved),
        st.sampled_from(evil_contents(whole[0])),
    )
    return st.builds(Case, st.just("last.ckpt"), made)


def _check(case, folder):
    path = folder / case.name
    path.write_bytes(case.content)
    try:
        checkpoint = AtomicCheckpointIO().load_checkpoint(path, "cpu", weights_only=True)
    finally:
        assert not _TRACE.exists(), "the checkpoint has run a command"
    assert isinstance(checkpoint, dict)
    _assert_plain(checkpoint)


def _assert_plain(value):
    """Check that nothing but tensors and plain values is left, to any depth."""
    waiting, seen = [value], set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple | set):
            waiting += item
        else:
            plain = (torch.Tensor, str, bytes, bytearray, int, float, complex, type(None))
            assert isinstance(item, (*plain, torch.Size, torch.dtype, torch.device)), type(item)
            if isinstance(item, torch.Tensor) and not item.is_meta:
                item.clone()  # all of it is there: tensors come from the file when they are used


CHECKPOINTS = Kind("checkpoints", _cases, _check)
