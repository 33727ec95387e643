"""Caffemodels made to do harm: refused at once, in the memory that their few bytes deserve."""

import re
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from random import Random

import numpy as np
import pytest

from caffe_small_nets import small_net
from caffe_writing import CONVOLUTION, blob, caffemodel, chunk, layer, number, v1_layer, varint
from roadfcn.errors import ModelFileError
from roadfcn.weights.caffe_nets import read_caffe_weights

MB = 2**20
ONE = blob(np.zeros(1, np.float32))


def classes(count):
    net = small_net("32s")
    net["score_fr"] = [np.zeros((count, 6, 1, 1), np.float32), np.zeros(count, np.float32)]
    del net["upscore"]  # whose place would take 4096 count^2 numbers
    return caffemodel(net)


HOSTILE = {
    "more than 100000 parts: layers": layer("", CONVOLUTION, []) * 200_000,
    "more than 100000 parts: bare layers": chunk(1, b"net") + b"\x12\x00" * MB,
    "more than 100000 parts: inputs": layer("a", CONVOLUTION, [ONE]) + b"\x20\x01" * MB,
    "more than 100000 parts: blobs": layer("a", CONVOLUTION, [chunk(7, chunk(1, b"\0"))] * MB),
    "more than 100000 parts: pieces": layer("a", CONVOLUTION, [b"\x2a\x00" * MB]),
    "more than 10000 bytes: a name": layer("n" * 10 * MB, CONVOLUTION, [ONE]),
    "more than 10000 bytes: axes": v1_layer("a", CONVOLUTION, [chunk(7, chunk(1, b"\1" * MB))]),
    "impossible shape: axes": v1_layer("a", CONVOLUTION, [chunk(7, chunk(1, b"\1" * 99))]),
    "more than 10000 bytes: settings": layer("a", CONVOLUTION, [ONE], number(3, 1) * MB),
    "cannot be read: nested groups": layer("a", CONVOLUTION, [ONE], b"\x0b" * 9000),
    "cut short: a layer": chunk(1, b"net") + b"\xa2\x06" + varint(2**50),
    "cut short: a blob": layer("a", CONVOLUTION, [b"\x2a" + varint(2**40) + bytes(64)]),
    "a shape of 1099511627776 x 4: data": layer(
        "a", CONVOLUTION, [chunk(5, bytes(16)) + chunk(7, chunk(1, varint(2**40) + b"\4"))]
    ),
    "has 20000 classes": classes(20_000),
}

READ = """
import resource, sys
from pathlib import Path
from roadfcn.errors import ModelFileError
from roadfcn.weights import caffe_messages
from roadfcn.weights.caffe_nets import read_caffe_weights
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
for path in sys.argv[1:]:
    # The file is mapped, so it counts; and 64 MB for all that is made of it.
    most = used + Path(path).stat().st_size + 64 * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    try:
        read_caffe_weights(Path(path))
    except ModelFileError as problem:
        print(problem.found.replace("\\n", " "))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits memory as Linux does")
def test_hostile_files_are_refused_in_little_memory(tmp_path):
    paths = [tmp_path / f"{place}.caffemodel" for place in range(len(HOSTILE))]
    for path, content in zip(paths, HOSTILE.values(), strict=True):
        path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", READ, *map(str, paths)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(HOSTILE)
    for line, path, said in zip(lines, paths, HOSTILE, strict=True):
        assert said.partition(":")[0] in line
        assert str(path) in line
        assert len(line) < 7000


@pytest.mark.parametrize("said", HOSTILE)
def test_hostile_files_are_refused_soon(said, tmp_path):
    path = tmp_path / "net.caffemodel"
    path.write_bytes(HOSTILE[said])
    start = time.process_time()
    with pytest.raises(ModelFileError):
        read_caffe_weights(path)
    assert time.process_time() - start < 5


def damage(content, random):
    """Change some bytes near the beginnings of layers, where the structure is."""
    content = bytearray(content)
    starts = [found.start() for found in re.finditer(b"below", content)]
    for _ in range(random.choice([1, 1, 2, 5])):
        at = random.choice(starts) + random.randrange(-20, 40)
        some = random.choice([1, 3, 100])
        match random.randrange(4):
            case 0:
                content[at] = random.randrange(256)
            case 1:
                content[at] ^= 1 << random.randrange(8)
            case 2:
                del content[at : at + some]
            case _:
                content[at:at] = random.randbytes(some)
    return bytes(content)


@pytest.mark.parametrize("form", [layer, v1_layer])
def test_random_damage_is_refused_or_harms_no_more_than_numbers(form, tmp_path):
    whole = caffemodel(small_net("at-once"), form=form, legacy_shape=form is v1_layer)
    path = tmp_path / "net.caffemodel"
    random = Random(3)
    refused = 0
    for _ in range(150):
        path.write_bytes(damage(whole, random))
        try:
            weights = read_caffe_weights(path)
        except ModelFileError:
            refused += 1
        else:
            assert weights.tensors["encoder.conv1_1.weight"].shape == (2, 3, 3, 3)
    assert refused > 50


def test_a_file_is_read_in_the_memory_of_its_weights(tmp_path):
    net = small_net("8s")
    net["fc6"] = [np.ones((1500, 16, 7, 7), np.float32), np.ones(1500, np.float32)]
    net["fc7"] = [np.ones((1500, 1500, 1, 1), np.float32), np.ones(1500, np.float32)]
    net["score_fr"][0] = np.ones((3, 1500, 1, 1), np.float32)
    path = tmp_path / "net.caffemodel"
    path.write_bytes(caffemodel(net))
    del net
    read_caffe_weights(path)  # imports are not counted
    tracemalloc.start()
    try:
        weights = read_caffe_weights(path)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = path.stat().st_size
    assert size > 13 * MB
    assert kept < 1.02 * size
    assert peak < 1.8 * size  # the check for finite values looks at up to 16 MB at a time
    assert weights.tensors["encoder.fc7.weight"].shape == (1500, 1500, 1, 1)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="asks Linux what is mapped")
def test_the_file_is_let_go_of_whether_it_was_read_or_refused(tmp_path):
    for content in (caffemodel(small_net("8s")), layer("a", CONVOLUTION, [b""])):
        path = tmp_path / "net.caffemodel"
        path.write_bytes(content)
        try:
            weights = read_caffe_weights(path)
        except ModelFileError:
            weights = None
        assert str(path) not in Path("/proc/self/maps").read_text()
        path.unlink()
        del weights
