"""The packages that an export needs, looked for before the work."""

from __future__ import annotations

import importlib
from types import ModuleType

from roadfcn.errors import ExportError
from roadfcn.installation import how_to_install


def require(package: str, purpose: str, extra: str) -> ModuleType:
    """Import a package of an extra.

    Args:
        package: As Python imports it.
        purpose: What it is needed for, in words.
        extra: The extra it is part of.

    Raises:
        ExportError: It is missing, or does not load.
    """
    try:
        return importlib.import_module(package)
    except (ImportError, OSError) as problem:  # OSError: a shared library that does not fit
        raise ExportError(
            f"{purpose} needs the package {package}, which cannot be loaded: {problem}",
            allowed=f"an installation with the extra '{extra}'",
            do=how_to_install(extra),
        ) from problem
