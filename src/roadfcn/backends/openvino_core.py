"""OpenVINO's core: one for all models of a process, never let go.

Each core gives the thread that makes it another stack for signals, and gives back the one before
it when it goes. After two that went in the order in which they came, that is memory which nobody
owns any more, and Ctrl-C crashes the process (seen with 2026.4).
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import openvino


def openvino_core() -> openvino.Core:
    """Give the core.

    Raises:
        ImportError: OpenVINO is not installed.
        OSError: One of its shared libraries does not fit.
    """
    import openvino

    return _core_of(openvino)


@functools.cache
def _core_of(module: ModuleType) -> openvino.Core:
    core: openvino.Core = module.Core()
    return core
