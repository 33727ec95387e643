"""What the computer is said to be, against made-up system files."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from roadfcn import machine
from roadfcn.machine import Processor, free_disk_bytes, read_memory, read_processor, usable_threads

X86 = """processor\t: 0
model name\t: Example CPU @ 2.0GHz
flags\t\t: fpu avx2 avx512f avx512_vnni avx512_bf16

processor\t: 1
model name\t: Another
flags\t\t: fpu
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm bf16 sve\n"


@pytest.fixture
def control_groups(monkeypatch):
    """Give a function that sets limits as control groups would: {(controller, file): values}."""

    def set_limits(limits):
        monkeypatch.setattr(
            machine,
            "_control_group_values",
            lambda controller, file: iter(limits.get((controller, file), [])),
        )

    return set_limits


def test_this_machine_can_be_described():
    processor = read_processor()
    assert processor.name
    assert 1 <= processor.usable_threads <= os.cpu_count()
    memory = read_memory()
    assert 0 < memory.available <= memory.total <= psutil.virtual_memory().total
    assert free_disk_bytes(Path()) > 0
    assert machine.has_nvidia_driver() in (True, False)


def test_x86_names_and_flags_are_read(tmp_path):
    (tmp_path / "cpuinfo").write_text(X86, encoding="utf-8")
    name, flags = machine._linux_processor(tmp_path / "cpuinfo")
    assert name == "Example CPU @ 2.0GHz"
    assert {"avx2", "avx512_bf16"} <= flags


def test_arm_features_are_read_and_the_name_is_missing(tmp_path):
    (tmp_path / "cpuinfo").write_text(ARM, encoding="utf-8")
    name, flags = machine._linux_processor(tmp_path / "cpuinfo")
    assert name == ""
    assert {"asimd", "bf16"} <= flags


def test_a_system_that_tells_nothing_is_still_described(tmp_path, monkeypatch):
    assert machine._linux_processor(tmp_path / "absent") == ("", None)
    monkeypatch.setattr(machine, "_linux_processor", lambda: ("", None))
    monkeypatch.setattr(sys, "platform", "linux")
    processor = read_processor()
    assert processor.name
    assert (processor.instructions, processor.has_bfloat16, processor.has_int8) == (None,) * 3


def test_instructions_are_named_and_judged(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(machine, "_linux_processor", lambda: ("X", {"avx2", "avx_vnni", "fpu"}))
    processor = read_processor()
    assert processor.instructions == ("AVX2", "AVX-VNNI")
    assert processor.has_bfloat16 is False
    assert processor.has_int8 is True
    assert Processor("X", 1, 1, ("AMX-BF16",)).has_bfloat16 is True


def test_macos_is_asked_through_sysctl(monkeypatch):
    answers = {
        "machdep.cpu.brand_string": "Apple M2",
        "hw.optional.AdvSIMD": "1",
        "hw.optional.arm.FEAT_BF16": "1",
        "hw.optional.arm.FEAT_I8MM": "0",
    }

    def sysctl(command, **_options):
        assert command[:2] == ["sysctl", "-n"]
        return SimpleNamespace(stdout=answers.get(command[2], "") + "\n")

    monkeypatch.setattr(subprocess, "run", sysctl)
    monkeypatch.setattr(sys, "platform", "darwin")
    processor = read_processor()
    assert processor.name == "Apple M2"
    assert processor.instructions == ("NEON", "BF16")


def test_other_systems_give_a_name_only(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    processor = read_processor()
    assert processor.name
    assert processor.instructions is None


def test_a_container_quota_lowers_the_threads(control_groups, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(16)), raising=False)
    control_groups({("cpu", "cpu.max"): ["max 100000", "250000 100000", "800000 100000"]})
    assert usable_threads() == 3
    control_groups({("cpu", "cpu.max"): ["50000 100000"]})
    assert usable_threads() == 1


def test_without_affinity_all_processors_count(control_groups, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    control_groups({})
    assert usable_threads() == os.cpu_count()


@pytest.mark.parametrize("file", ["memory.max", "memory.limit_in_bytes"])
def test_a_container_limit_lowers_the_memory(control_groups, file):
    own = psutil.Process().memory_info().rss
    limit = own + 10_000_000
    control_groups({("memory", file): ["max", str(limit), str(2**62)]})
    memory = read_memory()
    assert memory.total == limit
    assert memory.available <= 20_000_000


def test_limits_are_looked_for_at_every_level(monkeypatch):
    """A cluster job's limit sits some levels above the process; version 1 has a tree of its own."""
    files = {
        "/proc/self/cgroup": "4:cpu,cpuacct:/a\n3:memory:/job/step\n0::/slice/job\n",
        "/sys/fs/cgroup/memory/job/memory.max": "111",
        "/sys/fs/cgroup/slice/job/memory.max": "222\n",
        "/sys/fs/cgroup/memory.max": "max\n",
    }

    def read_text(self, **_options):
        if self.as_posix() not in files:
            raise FileNotFoundError(self)
        return files[self.as_posix()]

    monkeypatch.setattr(Path, "read_text", read_text)
    assert sorted(machine._control_group_values("memory", "memory.max")) == [
        *("111", "222"),
        *("max", "max"),
    ]
    del files["/proc/self/cgroup"]
    assert list(machine._control_group_values("memory", "memory.max")) == []


def test_peak_memory_grows_with_what_is_held_and_does_not_shrink():
    before = machine.peak_memory_bytes()
    missing = before - psutil.Process().memory_info().rss
    held = b"1" * (missing + 2**27)  # 128 MiB more than ever before
    at_peak = machine.peak_memory_bytes()
    del held
    assert at_peak > before + 2**26
    assert machine.peak_memory_bytes() >= at_peak - 2**20  # Linux counts by the way, not exactly
