"""What is known of a public file before it is fetched."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from roadfcn.errors import ConfigError

ContentKind = Literal["zip", "torch", "hdf5", "caffemodel"]
"""What a file holds. "torch" is PyTorch's zip or its older pickle; neither is unpickled here."""

Catalogue = Mapping[str, "KnownFile"]
"""Known files by their names."""


@dataclass(frozen=True)
class Licence:
    """Terms of use, in words.

    Args:
        text: The licence's name, or what is known of it.
        page: Where the publisher tells about the file and its terms.
        must_be_accepted: Whether the file is fetched only when somebody has said yes to them.
    """

    text: str
    page: str
    must_be_accepted: bool = False


@dataclass(frozen=True)
class KnownFile:
    """A file with a public address.

    Args:
        name: What users call it, such as "vgg16-torchvision".
        summary: One line about what is in it.
        address: Where it is fetched from.
        file_name: What it is called in the cache.
        kind: What it holds; its first bytes are compared with that.
        licence: Its terms of use.
        sha256: In hex, or the first digits of it where no more is known; None if none is.
        older_digest: Algorithm ("md5", "sha1") and hex digits, where a publisher gave only these.
        size_bytes: Its exact size, if known.
        unpacks_to: Of an archive, the folder that it becomes, seen from the working folder.
        holds: Of an archive, files or folders that have to be in it once it is unpacked.
    """

    name: str
    summary: str
    address: str
    file_name: str
    kind: ContentKind
    licence: Licence
    sha256: str | None = None
    older_digest: tuple[Literal["md5", "sha1"], str] | None = None
    size_bytes: int | None = None
    unpacks_to: Path | None = None
    holds: tuple[str, ...] = ()


def catalogue_of(*files: KnownFile) -> dict[str, KnownFile]:
    """Give known files by their names, in their order."""
    return {known.name: known for known in files}


def find_known(name: str, catalogue: Catalogue, others: Collection[str] = ()) -> KnownFile:
    """Look a name up.

    Args:
        name: What a user gave.
        catalogue: The known files.
        others: Names that would have been understood too, for the message.

    Raises:
        ConfigError: It is not in the catalogue; names that begin with it or are like it are told.
    """
    if name in catalogue:
        return catalogue[name]
    names = [*others, *catalogue]
    begin_so = [known for known in names if name and known.startswith(name.lower())]
    alike = difflib.get_close_matches(name.lower(), names, n=2, cutoff=0.5)
    near = dict.fromkeys(begin_so + alike)
    raise ConfigError(
        f"there is no file or folder {name}, and no known download has that name",
        allowed=f"a path, or one of {', '.join(names)}",
        do=f"did you mean {' or '.join(near)}?" if near else "give one of these names, or a path",
    )
