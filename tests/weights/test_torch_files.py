"""Torch files of both formats are loaded, and nothing in them is ever run."""

import os
import pickle
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import pytest
import torch

from roadfcn.errors import ModelFileError
from roadfcn.weights.torch_files import MAX_PICKLE_BYTES, is_torch_file, load_torch_file

BOTH = pytest.mark.parametrize("legacy", [False, True])


class Leaves:
    """Makes a folder when it is unpickled."""

    def __init__(self, trace):
        self.trace = str(trace)

    def __reduce__(self):
        return os.mkdir, (self.trace,)


def rewrite(path, **changes):
    """Write a torch zip again with some entries replaced, added or, with None, left out."""
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    folder = next(iter(entries)).split("/")[0]
    for name, content in changes.items():
        entries[f"{folder}/{name.replace('__', '.')}"] = content
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            if content is not None:
                archive.writestr(name, content)


@BOTH
def test_tensors_and_plain_values_come_back(legacy, save):
    content = {"a": torch.arange(6.0).reshape(2, 3), "epoch": 3, "names": ["x", None]}
    path = save(content, legacy=legacy)
    assert is_torch_file(path)
    loaded = load_torch_file(path)
    assert torch.equal(loaded["a"], content["a"])
    assert (loaded["epoch"], loaded["names"]) == (3, ["x", None])


@BOTH
def test_a_file_that_wants_to_run_code_is_refused_and_runs_none(legacy, save, tmp_path):
    trace = tmp_path / "trace"
    path = save({"a": torch.zeros(2), "b": Leaves(trace)}, legacy=legacy)
    with pytest.raises(
        ModelFileError, match=r"more than tensors.*call or make posix\.mkdir"
    ) as told:
        load_torch_file(path)
    assert "nothing out of a file is run" in told.value.allowed
    assert not trace.exists()
    torch.load(path, weights_only=False)
    assert trace.exists(), "the file was harmless, so that the test proves nothing"


def test_a_pickle_that_torch_did_not_write_is_refused_and_runs_nothing(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps({"a": Leaves(tmp_path / "trace")}))
    assert is_torch_file(path)
    with pytest.raises(ModelFileError, match=r"posix\.mkdir"):
        load_torch_file(path)
    assert not (tmp_path / "trace").exists()
    path.write_bytes(pickle.dumps({"a": [1.0, 2.0]}))
    with pytest.raises(ModelFileError, match=r"a Python pickle that torch\.save did not write"):
        load_torch_file(path)


@BOTH
def test_a_whole_network_is_told_to_be_saved_as_tensors(legacy, save):
    path = save(torch.nn.Linear(2, 2), legacy=legacy)
    with pytest.raises(ModelFileError, match=r"torch\.nn\.modules\.linear\.Linear") as told:
        load_torch_file(path)
    assert "torch.save(model.state_dict()" in told.value.do


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_torchscript_program_is_named(tmp_path):
    path = tmp_path / "program.pt"
    torch.jit.script(torch.nn.ReLU()).save(path)
    assert is_torch_file(path)
    with pytest.raises(ModelFileError, match="is a TorchScript program"):
        load_torch_file(path)


@BOTH
@pytest.mark.parametrize("left", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_short_is_called_damaged(left, legacy, save):
    path = save({"a": torch.randn(40, 50), "b": torch.randn(50)}, legacy=legacy)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(left * len(whole))])
    assert is_torch_file(path)
    with pytest.raises(ModelFileError, match=r"weights\.pth is damaged: .") as told:
        load_torch_file(path)
    assert told.value.do == "copy or download it again"


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"text", b"\x89HDF\r\n\x1a\n", b"\x80", b"\x0a\x04VGG_", b"PK\x03\x04" * 9],
)
def test_other_files_are_not_taken_for_torch_files(content, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert not is_torch_file(path)


def test_other_zip_files_are_not_taken_for_torch_files(tmp_path):
    path = tmp_path / "vgg.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("vgg/saved_model.pb", "")
    assert not is_torch_file(path)


def test_a_compressed_zip_is_refused_before_it_is_unpacked(save):
    path = save({"a": torch.zeros(4)})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights/data/9", bytes(50_000_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(ModelFileError, match="'weights/data/9' is compressed"):
        load_torch_file(path)


def test_a_directory_that_claims_more_than_there_is_is_refused(save):
    path = save({"a": torch.zeros(40_000)})
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    content = path.read_bytes()
    # Each entry of the directory holds its two sizes after 20 bytes; the one of data/0 grows.
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"weights/data/0"))
    assert int.from_bytes(content[at + 24 : at + 28], "little") == 160_000
    grown = (2**31).to_bytes(4, "little")
    path.write_bytes(content[: at + 20] + 2 * grown + content[at + 28 :])
    assert len(entries) > 3
    with pytest.raises(ModelFileError, match="claims more bytes than it has"):
        load_torch_file(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"data__pkl": None},
        {"data__pkl": b"not a pickle"},
        {"other/data__pkl": b"\x80\x02}."},
        {"../elsewhere/data__pkl": b"\x80\x02}."},
        {"data/0": None},
    ],
)
def test_a_zip_that_is_not_as_torch_writes_it_is_refused(changes, save):
    path = save({"a": torch.randn(4)})
    rewrite(path, **changes)
    with pytest.raises(ModelFileError, match="is damaged"):
        load_torch_file(path)


def test_a_flipped_bit_is_noticed(save):
    path = save({"a": torch.ones(40, 50)})
    content = path.read_bytes()
    at = content.index(torch.ones(50).numpy().tobytes()) + 1001
    path.write_bytes(content[:at] + b"\x01" + content[at + 1 :])
    with pytest.raises(ModelFileError, match="is damaged: weights/data/0 is not what was written"):
        load_torch_file(path)


def test_two_entries_of_one_name_are_refused(save):
    """Python's zip reader takes the last of them, torch's the first."""
    path = save({"a": torch.zeros(4)})
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("weights/data.pkl", b"\x80\x02}.")
    with pytest.raises(ModelFileError, match="not as torch writes it"):
        load_torch_file(path)


def test_a_directory_that_points_before_the_file_is_refused(save):
    path = save({"a": torch.zeros(4)})
    content = path.read_bytes()
    # The last record that PyTorch writes says after 16 bytes where the directory starts; the one
    # before it, for large files, after 48. All other places are counted from there.
    for record, at in ((b"PK\x05\x06", 16), (b"PK\x06\x06", 48)):
        if (place := content.rfind(record) + at) >= at:
            content = content[:place] + bytes([content[place] + 5]) + content[place + 1 :]
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="is damaged: its zip directory points out of it"):
        load_torch_file(path)


def test_a_list_of_files_that_would_fill_memory_is_not_read(save):
    """13 MB of entries, behind what torch wrote, would be parsed into 270,000 objects."""
    path = save({"a": torch.zeros(4)})
    entries = struct.pack("<4s6H3I5H2I", b"PK\1\2", *[0] * 16) * 270_000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65535, 65535, len(entries), 0, 0)
    path.write_bytes(path.read_bytes() + entries + end)
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match="its zip directory is missing or wrong"):
            load_torch_file(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_long_pickle_is_read_whole(save):
    path = save({"a": torch.ones(2), "note": "x" * 9_000_000})
    loaded = load_torch_file(path)
    assert len(loaded["note"]) == 9_000_000
    assert torch.equal(loaded["a"], torch.ones(2))


def test_a_giant_pickle_is_refused_unread(save):
    path = save({"a": torch.zeros(4)})
    rewrite(path, data__pkl=b"\x80\x02}." + bytes(MAX_PICKLE_BYTES))
    with pytest.raises(ModelFileError, match=r"its pickle has 167772\d\d bytes"):
        load_torch_file(path)


@BOTH
def test_a_tensor_that_claims_gigabytes_takes_no_memory(legacy, save):
    """Eight gigabytes are claimed where there are 16 bytes."""
    path = save({"a": torch.zeros(4)}, legacy=legacy)
    content = path.read_bytes()
    count = b"K\x04N" if legacy else b"K\x04"  # as the pickle has it; then its tuple ends
    forged = content.replace(count + b"tq", count.replace(b"K\x04", b"J\0\0\0\x7f") + b"tq")
    assert forged != content
    path.write_bytes(forged)
    program = (
        "import resource, sys; from pathlib import Path; import torch\n"
        "from roadfcn.errors import ModelFileError\n"
        "from roadfcn.weights.state_dicts import read_state_dict\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: read_state_dict(Path(sys.argv[1]))\n"
        "except ModelFileError as problem: print(problem.found)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert "is damaged" in done.stdout
    assert done.stdout.endswith("True\n")


@BOTH
def test_a_tensor_larger_than_its_storage_is_refused(legacy, save):
    """torch would make room for it, and leave in it whatever the memory held before."""
    path = save({"a": torch.zeros(4)}, legacy=legacy)
    with zipfile.ZipFile(path) if not legacy else path.open("rb") as opened:
        content = opened.read() if legacy else opened.read("weights/data.pkl")
    forged = content.replace(b"K\x04\x85", b"K\x40\x85")
    assert forged != content
    if legacy:
        path.write_bytes(forged)
    else:
        rewrite(path, data__pkl=forged)
    with pytest.raises(ModelFileError, match="torch cannot read it"):
        load_torch_file(path)
