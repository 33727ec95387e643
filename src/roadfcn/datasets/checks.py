"""Looks a data folder over and tells what is wrong with it, each finding with its fix.

One cause gives one finding: of a picture that cannot be read, nothing else is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from roadfcn.datasets.file_pairs import FilePairDataset, Frame
from roadfcn.datasets.findings import Finding, Severity
from roadfcn.datasets.inventory import Inventory
from roadfcn.datasets.layouts import take_inventory
from roadfcn.datasets.scan import FrameScan, scan_frames
from roadfcn.datasets.statistics import DatasetStatistics, summarise
from roadfcn.errors import DatasetError


@dataclass(frozen=True)
class CheckReport:
    """The outcome of a check.

    Args:
        inventory: The folder's files.
        findings: Everything odd: errors first, then warnings, then notes.
        healthy: The frames without problems, of all splits, named `<split>/<name>`.
        statistics: Counts over `healthy`; None if no frame is healthy.
    """

    inventory: Inventory
    findings: tuple[Finding, ...]
    healthy: FilePairDataset
    statistics: DatasetStatistics | None

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to mend; notes do not count."""
        return all(finding.severity == "note" for finding in self.findings)

    def count(self, severity: Severity) -> int:
        """Give the number of findings of a severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form."""
        return {
            "dataset": self.inventory.layout,
            "root": str(self.inventory.root),
            "frames": self.inventory.frame_counts(),
            "errors": self.count("error"),
            "warnings": self.count("warning"),
            "notes": self.count("note"),
            "findings": [asdict(finding) for finding in self.findings],
        }


def check_dataset(
    root: Path,
    *,
    layout: str | None = None,
    target: str = "road",
    progress: Callable[[int, int], None] | None = None,
) -> CheckReport:
    """Read every file of a data folder and report what is odd.

    Raises:
        DatasetError: The folder is missing or empty, has no known layout, or has no pictures.
    """
    inventory = take_inventory(root, layout=layout, target=target)
    frames = [
        replace(frame, name=f"{split}/{frame.name}")
        for split, members in _disjoint(inventory)
        for frame in members
    ]
    if not frames:
        raise DatasetError(
            f"{inventory.root} (read as {inventory.layout}) has no pictures",
            allowed="a data set with at least one picture",
            do="copy the pictures, with their names unchanged",
        )
    scans = scan_frames(_as_dataset(inventory, frames), progress)
    findings = [
        *_file_findings(inventory, {scan.frame.name for scan in scans if scan.size is None}),
        *_frame_findings(scans),
        *_duplicate_findings(scans),
        *_class_findings(inventory, scans),
        *_calibration_findings(inventory, scans),
    ]
    rank: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}
    sound = [scan for scan in scans if not scan.problems]
    healthy = _as_dataset(inventory, [scan.frame for scan in sound])
    return CheckReport(
        inventory=inventory,
        findings=tuple(sorted(findings, key=lambda finding: rank[finding.severity])),
        healthy=healthy,
        statistics=summarise(healthy, sound) if sound else None,
    )


def _disjoint(inventory: Inventory) -> Iterator[tuple[str, Sequence[Frame]]]:
    for split in ("train", "val", "test"):
        yield split, inventory.splits.get(split, ())


def _as_dataset(inventory: Inventory, frames: Sequence[Frame]) -> FilePairDataset:
    return FilePairDataset(
        name=inventory.layout,
        root=inventory.root,
        split="all",
        label_set=inventory.label_set,
        frames=tuple(frames),
        code=inventory.code,
        target=inventory.target,
        origin=inventory.origin,
    )


def _file_findings(inventory: Inventory, unreadable: set[str]) -> Iterator[Finding]:
    """What is odd about the files' names."""
    yield from inventory.findings
    for split, _ in _disjoint(inventory):
        for frame in inventory.without_truth(split):
            if f"{split}/{frame.name}" not in unreadable:
                yield Finding(
                    "error",
                    f"{split}/{frame.name}",
                    f"the picture {_short(frame.image_path, inventory)} has no truth",
                    "copy its truth picture, or take the picture out",
                )
    for first, *others in inventory.orphans.values():
        names = ", ".join(_short(path, inventory) for path in others)
        yield Finding(
            "warning",
            _short(first, inventory),
            f"the file belongs to no picture; neither does {names}"
            if others
            else "the file belongs to no picture",
            "copy its picture, or rename or remove the file" + ("s" if others else ""),
        )
    for path in inventory.strangers:
        yield Finding(
            "warning",
            _short(path, inventory),
            f"the file's name does not fit the layout {inventory.layout}, so it is not read",
            "rename it as the data set does, or remove it",
        )


def _frame_findings(scans: Sequence[FrameScan]) -> Iterator[Finding]:
    for scan in scans:
        place = scan.frame.name
        for problem in scan.problems:
            yield Finding("error", place, problem.found, problem.do)
        if scan.turned and scan.class_px is not None:
            yield Finding(
                "warning",
                place,
                f"the picture is stored {scan.turned} and turned upright when it is read (EXIF "
                f"orientation), its truth is not: they may not fit each other",
                "compare them in a contact sheet, and store the picture upright without EXIF "
                "orientation",
            )
        if scan.class_px is not None and not scan.class_px.any():
            yield Finding(
                "warning",
                place,
                "all of its truth is void, so nothing can be learnt or scored on it",
                "check its truth picture, or take the frame out",
            )


def _duplicate_findings(scans: Sequence[FrameScan]) -> Iterator[Finding]:
    """The same pixels under two names: across splits, scores then flatter the model."""
    seen: dict[str, str] = {}
    for scan in scans:
        place = scan.frame.name
        if scan.digest is None:
            continue
        first = seen.setdefault(scan.digest, place)
        if first == place:
            continue
        across = first.partition("/")[0] != place.partition("/")[0]
        yield Finding(
            "error" if across else "warning",
            place,
            f"the picture has the same pixels as {first}"
            + (", which is in another split" if across else ""),
            "keep one of the two",
        )


def _class_findings(inventory: Inventory, scans: Sequence[FrameScan]) -> Iterator[Finding]:
    counts = [scan.class_px for scan in scans if scan.class_px is not None]
    unread = any(scan.frame.mask_path is not None and scan.class_px is None for scan in scans)
    if unread or not counts:
        return  # the class may be in the truth that could not be read
    totals = zip(inventory.label_set.classes, np.sum(counts, axis=0), strict=True)
    absent = [f"'{name}'" for name, pixels in totals if not pixels]
    if absent:
        yield Finding(
            "warning",
            inventory.label_set.name,
            f"no truth picture holds the class{'es' * (len(absent) > 1)} {', '.join(absent)}",
            "check that the truth is coded as the layout wants it, or that frames are missing",
        )


def _calibration_findings(inventory: Inventory, scans: Sequence[FrameScan]) -> Iterator[Finding]:
    """Calibrations that cannot be used from above; if all of them, there is one cause for that."""
    fitting = [scan for scan in scans if scan.frame.calibration_path and not scan.misfit]
    misfits = [(scan.frame.name, scan.misfit) for scan in scans if scan.misfit]
    one_cause = len(misfits) > 1 and not fitting
    so_all = f"; none of the {len(misfits)} calibrations fits its picture" if one_cause else ""
    for name, misfit in misfits[:1] if one_cause else misfits:
        yield Finding("error", name, misfit.found + so_all, misfit.do)
    bare = [scan.frame for scan in scans if scan.frame.calibration_path is None]
    if inventory.calibrated and bare:
        names = ", ".join(frame.name for frame in bare[:3]) + (", ..." if len(bare) > 3 else "")
        yield Finding(
            "note",
            inventory.layout,
            f"{len(bare)} of {len(scans)} frames have no calibration file: {names}",
            "copy the calib folders if bird's-eye scores are wanted",
        )


def _short(path: Path, inventory: Inventory) -> str:
    return path.relative_to(inventory.root).as_posix()
