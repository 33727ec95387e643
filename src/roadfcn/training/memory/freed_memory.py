"""Keep freed memory for the next step, in place of giving it back to the system.

A training step on a processor allocates the same large activations again and again. glibc's
`malloc` takes each block above 32 MiB from the system by itself (`mmap`), and gives it back when it
is freed, so that the system has to find and clear the same pages in every step: a sixth of the time
of a step of `slim` (docs/experiments.md). Told to, it takes large blocks from its heap and keeps
them. Sources: mallopt(3); Linux and glibc only, elsewhere nothing is changed.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys

# Names and values of <malloc.h>.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_NEVER = 2**31 - 1
_GROWTH_BYTES = 2**26

KEPT_TAKES = 2
"""Free memory that it wants, in times of what a step takes: kept blocks do not all fit the next
request. Measured: 1.2 times for `slim` (8 x 320 x 416), 1.35 for VGG16 (1 x 160 x 576)."""

SWITCH = "ROADFCN_KEEP_FREED_MEMORY"
"""Environment variable; "0" leaves memory to the system."""


def keep_freed_memory() -> bool:
    """Let this process keep what it frees; asked for once, it holds until the process ends.

    Settings of the user's own (`MALLOC_MMAP_MAX_` and the like, or another allocator such as
    jemalloc in `LD_PRELOAD`) are left alone.

    Returns:
        Whether anything was changed.
    """
    if os.environ.get(SWITCH) == "0" or _has_own_settings():
        return False
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    settings = {
        _M_MMAP_MAX: 0,
        _M_TRIM_THRESHOLD: _NEVER,
        _M_TOP_PAD: _GROWTH_BYTES,
    }
    return all(mallopt(option, value) == 1 for option, value in settings.items())


def _has_own_settings() -> bool:
    own = any(name.startswith("MALLOC_") and name.endswith("_") for name in os.environ)
    preloaded = os.environ.get("LD_PRELOAD", "")
    return own or "malloc" in preloaded or "malloc" in os.environ.get("GLIBC_TUNABLES", "")
