"""What this computer gives us: processor, memory, disk, and the limits set on this process.

Containers and cluster jobs often own less than the machine has, and libraries that ask for the
machine's totals then start too many threads or are killed for memory. So the numbers here are
those that this process may use. Nothing here knows of networks; devices that only PyTorch can
see are listed by `backends.torch_device_list`.
"""

from __future__ import annotations

import math
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

_INSTRUCTIONS = {
    # flag as Linux and macOS name it: what it is called in print
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx_vnni": "AVX-VNNI",
    "avx512_vnni": "AVX512-VNNI",
    "avx512_bf16": "AVX512-BF16",
    "amx_bf16": "AMX-BF16",
    "amx_int8": "AMX-INT8",
    "asimd": "NEON",
    "asimddp": "NEON dot product",
    "i8mm": "I8MM",
    "bf16": "BF16",
    "sve": "SVE",
}
_BFLOAT16 = {"AVX512-BF16", "AMX-BF16", "BF16"}
_INT8 = {"AVX-VNNI", "AVX512-VNNI", "AMX-INT8", "NEON dot product", "I8MM"}


@dataclass(frozen=True)
class Processor:
    """The processor, and the share of it that this process may use.

    Args:
        name: As the maker calls it.
        cores: Cores of the machine, hyper-threads not counted.
        usable_threads: Threads that can run at once under this process's limits.
        instructions: Those that matter to networks, by their printed names; None where the
            operating system does not tell.
    """

    name: str
    cores: int
    usable_threads: int
    instructions: tuple[str, ...] | None

    @property
    def has_bfloat16(self) -> bool | None:
        """Whether there are instructions for bfloat16; None if not known."""
        return None if self.instructions is None else not _BFLOAT16.isdisjoint(self.instructions)

    @property
    def has_int8(self) -> bool | None:
        """Whether there are instructions for 8-bit dot products; None if not known."""
        return None if self.instructions is None else not _INT8.isdisjoint(self.instructions)


@dataclass(frozen=True)
class Memory:
    """Memory in bytes that this process may use, and how much of it is free now."""

    total: int
    available: int


def read_processor() -> Processor:
    """Describe the processor."""
    name, flags = "", None
    if sys.platform.startswith("linux"):
        name, flags = _linux_processor()
    elif sys.platform == "darwin":
        name, flags = _macos_processor()
    known = None if flags is None else tuple(_INSTRUCTIONS[f] for f in _INSTRUCTIONS if f in flags)
    threads = usable_threads()
    return Processor(
        name=name or platform.processor() or platform.machine(),
        cores=psutil.cpu_count(logical=False) or threads,
        usable_threads=threads,
        instructions=known,
    )


def usable_threads() -> int:
    """Give the number of threads that can run at once: affinity and container quota counted."""
    if hasattr(os, "sched_getaffinity"):
        threads = len(os.sched_getaffinity(0))
    else:
        threads = os.cpu_count() or 1
    for text in _control_group_values("cpu", "cpu.max"):
        quota, _, period = text.partition(" ")
        if quota.isdigit() and period.isdigit():
            threads = min(threads, max(1, math.ceil(int(quota) / int(period))))
    return threads


def read_memory() -> Memory:
    """Give total and free memory, within the limit of a container or cluster job."""
    system = psutil.virtual_memory()
    limits = [
        int(text)
        for file in ("memory.max", "memory.limit_in_bytes")
        for text in _control_group_values("memory", file)
        if text.isdigit()
    ]
    total = min([system.total, *limits])
    if total == system.total:
        return Memory(system.total, system.available)
    own = psutil.Process().memory_info().rss
    return Memory(total, max(0, min(system.available, total - own)))


def peak_memory_bytes() -> int:
    """Give the most memory that this process has held at once so far."""
    try:
        # Not `resource` where there is this: its figure begins with that of the parent process.
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    except OSError:
        pass
    windows: int | None = getattr(psutil.Process().memory_info(), "peak_wset", None)
    if windows is not None:
        return windows
    import resource  # which Windows lacks

    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def free_disk_bytes(folder: Path) -> int:
    """Give the free bytes on the disk of an existing folder."""
    return shutil.disk_usage(folder).free


def has_nvidia_driver() -> bool:
    """Say whether an NVIDIA driver is installed, whether or not PyTorch can use it."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def _linux_processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> tuple[str, set[str] | None]:
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "", None
    entries = [line.partition(":") for line in lines]
    fields = {key.strip(): value.strip() for key, _, value in reversed(entries)}
    flags = fields.get("flags", fields.get("Features"))  # x86, Arm
    return fields.get("model name", ""), None if flags is None else set(flags.split())


def _macos_processor() -> tuple[str, set[str]]:
    def ask(key: str) -> str:
        command = ["sysctl", "-n", key]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    features = ask("machdep.cpu.features") + " " + ask("machdep.cpu.leaf7_features")
    flags = set(features.lower().split())
    arm = {"AdvSIMD": "asimd", "arm.FEAT_DotProd": "asimddp", "arm.FEAT_I8MM": "i8mm"}
    flags |= {flag for key, flag in arm.items() if ask(f"hw.optional.{key}") == "1"}
    if ask("hw.optional.arm.FEAT_BF16") == "1":
        flags.add("bf16")
    return ask("machdep.cpu.brand_string"), flags


def _control_group_values(controller: str, file: str) -> Iterator[str]:
    """Read a limit at every level of this process's control groups (Linux; version 1 and 2)."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        root = Path("/sys/fs/cgroup")
        if controllers:  # version 1 has a tree for each controller
            if controller not in controllers.split(","):
                continue
            root /= controller
        folder = root / path.lstrip("/")
        for level in (folder, *folder.parents):
            try:
                yield (level / file).read_text(encoding="ascii").strip()
            except OSError:
                continue
