"""Freed memory is kept for the next step."""

import json
import os
import platform
import subprocess
import sys

import pytest

from roadfcn.training.memory.freed_memory import SWITCH

FAULTS = """
import json, resource, sys
import torch
from roadfcn.training.memory.freed_memory import keep_freed_memory
changed = keep_freed_memory() if sys.argv[1] == "keep" else False
torch.set_num_threads(1)
def allocate():
    torch.ones(2**24)  # 64 MiB, 16,384 pages of 4 KiB
for _ in range(20):
    allocate()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    allocate()
print(json.dumps([changed, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before]))
"""

on_glibc = pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="glibc's malloc only"
)


def faults(how, **environment):
    clean = {
        name: value for name, value in os.environ.items() if "MALLOC" not in name and name != SWITCH
    }
    command = [sys.executable, "-c", FAULTS, how]
    done = subprocess.run(
        command, env={**clean, **environment}, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@on_glibc
def test_memory_that_is_kept_is_not_asked_for_again():
    plain, kept = faults("leave"), faults("keep")
    assert kept[0]
    # Each page of a block that went back to the system is asked for again when it is written to;
    # where the system gives large pages, there are 32 of them.
    assert plain[1] >= 10 * 32
    assert kept[1] < plain[1] / 10


@on_glibc
@pytest.mark.parametrize(
    "own", [{SWITCH: "0"}, {"MALLOC_MMAP_MAX_": "100"}, {"GLIBC_TUNABLES": "glibc.malloc.check=0"}]
)
def test_the_users_own_settings_are_left_alone(own):
    assert faults("keep", **own)[0] is False
