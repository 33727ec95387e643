"""Whether a run may go on: its checkpoint tells what it was made of, and what is compared.

A run that goes on with another recipe or other data would end as a run that never was: neither
the one before nor the one after the change could be had again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from roadfcn.datasets.file_pairs import FilePairDataset, Frame
from roadfcn.errors import ConfigError, TrainingError
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.run_folder import LAST_CHECKPOINT
from roadfcn.training.saving.frozen_weights import read_whole_checkpoint

FACTS = "roadfcn"
"""The entry of `last.ckpt` that this package adds to Lightning's."""

FREE = (
    "runs",
    "data.path",
    "data.also.path",
    "data.cache",
    "data.workers",
    "distillation.teacher",
    "trainer.check_memory",
    "trainer.accelerator",
    "trainer.devices",
    "trainer.num_nodes",
    "trainer.strategy",
)
"""Settings that may differ when a run goes on: where things are, and what computes."""

_LENGTH = ("trainer.epochs", "trainer.max_steps")
_READERS = 8  # threads; they wait for the disk
_SHOWN = 5
_NUMBER = re.compile(r"\.\d+")  # of an entry in a list of sections


@dataclass(frozen=True)
class Past:
    """What `last.ckpt` says of its run.

    Args:
        run: The run folder.
        facts: What `LastCheckpoint` noted down, without the random state.
        best: The best validation score so far; minus infinity if there is none.
        best_epoch: Its epoch, from 0; -1 if there is none.
    """

    run: Path
    facts: dict[str, Any]
    best: float
    best_epoch: int

    def is_finished(self, config: TrainingConfig) -> bool:
        """Say whether nothing is left to train."""
        steps = config.trainer.max_steps
        return bool(
            self.facts["stopped"]
            or self.facts["epochs"] >= config.trainer.epochs
            or (steps is not None and self.facts["steps"] >= steps)
        )

    def check_recipe(self, config: TrainingConfig) -> None:
        """Refuse a recipe that leads to another run.

        Raises:
            ConfigError: With every setting that differs, then and now.
        """
        try:
            then = TrainingConfig.model_validate(self.facts["recipe"])
        except ValidationError as problem:
            raise _foreign(self.run / LAST_CHECKPOINT) from problem
        before, now = _settings(then), _settings(config)
        allowed = set(FREE)
        if config.schedule.name == "constant" and config.schedule.warmup == 0:
            allowed |= set(_LENGTH)  # no step's rate depends on how many there will be
        changed = [
            key
            for key in before | now
            if before.get(key) != now.get(key) and _NUMBER.sub("", key) not in allowed
        ]
        if not changed:
            return
        lines = [f"    - {key} was {before.get(key)!r}, is {now.get(key)!r}" for key in changed]
        reason = (
            "; trainer.epochs and trainer.max_steps only with schedule.name=constant and "
            "schedule.warmup=0, because any other schedule is drawn over all steps of the run"
            if set(changed) & set(_LENGTH)
            else ""
        )
        raise ConfigError(
            f"the recipe of {self.run} has changed since it was started:\n" + "\n".join(lines),
            allowed=f"changes of {', '.join(FREE)}{reason}",
            do="put these settings back, or start a new run with the changed recipe",
        )

    def check_data(self, now: Mapping[str, Mapping[str, str]]) -> None:
        """Refuse other frames, or frames with another content.

        Args:
            now: Of each split and further set, as `frame_digests` gives it.

        Raises:
            ConfigError: With the number of frames in question, and the first of them.
        """
        differences = []
        for split, then in self.facts["data"].items():
            frames = now.get(split, {})
            kinds = {
                "changed": [n for n in then if n in frames and then[n] != frames[n]],
                "new": [name for name in frames if name not in then],
                "gone": [name for name in then if name not in frames],
            }
            differences += [
                f"    - {split}: {len(names)} {kind}: {', '.join(names[:_SHOWN])}"
                + (", ..." if len(names) > _SHOWN else "")
                for kind, names in kinds.items()
                if names
            ]
        if differences:
            raise ConfigError(
                f"the data of {self.run} have changed since it was started:\n"
                + "\n".join(differences),
                allowed="the same frames in the same splits, with the same truth",
                do="put the data back as they were, or start a new run",
            )

    def check_teacher(self, digest: str | None) -> None:
        """Refuse another teacher than before, by the digest of its weights.

        Raises:
            ConfigError: With where the teacher lay then.
        """
        if digest != self.facts.get("teacher"):
            lay = self.facts["recipe"].get("distillation", {}).get("teacher")
            raise ConfigError(
                f"the weights of distillation.teacher are not those that {self.run} was started "
                f"with, which were those of {lay}",
                allowed="the same teacher until the run is done, wherever it lies",
                do="name it with distillation.teacher=..., or start a new run",
            )

    def check_processes(self, count: int) -> None:
        """Refuse another number of processes: they would deal the frames out differently.

        Raises:
            ConfigError: Then and now.
        """
        if count != self.facts["processes"]:
            raise ConfigError(
                f"{self.run} was trained by {self.facts['processes']} processes and would go on "
                f"with {count}",
                allowed="as many as before, on any devices",
                do="set trainer.devices and trainer.num_nodes accordingly, or start a new run",
            )


def past_of(run: Path, config: TrainingConfig) -> Past | None:
    """Give what a run to go on in has done, if anything; its recipe must be this one.

    Raises:
        ConfigError: Its recipe has changed.
        TrainingError: The checkpoint is damaged, or of another program or version.
    """
    past = read_past(run)
    if past is not None:
        past.check_recipe(config)
    return past


def read_past(run: Path) -> Past | None:
    """Read what a run's checkpoint says; None if there is none, as nothing was finished yet.

    Raises:
        TrainingError: The checkpoint is damaged, or of another program or version.
    """
    path = Path(run) / LAST_CHECKPOINT
    if not path.exists():
        return None
    checkpoint = read_whole_checkpoint(path, lazily=True)
    try:
        facts, best = checkpoint[FACTS], checkpoint["callbacks"]["BestModel"]
        _check_kinds(facts, best)
        if not isinstance(checkpoint["loops"], dict):  # without, Lightning would begin anew
            raise TypeError("no place in the run")
        plain = {name: value for name, value in facts.items() if name != "random"}
        return Past(Path(run), plain, best["best"], best["best_epoch"])
    except (KeyError, TypeError) as problem:
        raise _foreign(path) from problem


def _check_kinds(facts: dict[str, Any], best: dict[str, Any]) -> None:
    """Raise a TypeError or KeyError where an entry is missing or of another kind."""
    kinds = {
        "recipe": dict,
        "data": dict,
        "weights": dict | None,
        "teacher": str | None,
        "stopped": bool,
        "processes": int,
    }
    numbers = [facts["epochs"], facts["steps"], best["best"], best["best_epoch"]]
    told = {"teacher": None} | facts  # a run from before there were teachers has none
    usable = all(isinstance(told[key], kind) for key, kind in kinds.items())
    usable &= all(isinstance(number, int | float) for number in numbers)
    if usable:
        usable = all(isinstance(digests, dict) for digests in facts["data"].values())
        names = facts["data"].keys()
        usable &= {"train", "val"} <= names
        usable &= all(name in ("train", "val") or name.startswith("also ") for name in names)
    if not usable:
        raise TypeError("an entry of another kind")


def frame_digests(dataset: FilePairDataset) -> dict[str, str]:
    """Give, by frame name, a digest of every byte of a picture and of its truth."""
    with ThreadPoolExecutor(_READERS) as pool:
        digests = pool.map(_digest, dataset.frames)
        return {frame.name: digest for frame, digest in zip(dataset.frames, digests, strict=True)}


def _digest(frame: Frame) -> str:
    content = hashlib.blake2b(digest_size=8)
    try:
        image = frame.image_path.read_bytes()
        content.update(f"{len(image)} ".encode())  # or the border between the two could move
        content.update(image)
        if frame.mask_path is not None:
            content.update(frame.mask_path.read_bytes())
    except OSError:
        return "unreadable"  # whoever reads the frame says why
    return content.hexdigest()


def _settings(config: TrainingConfig) -> dict[str, Any]:
    """Give every setting by `section.key`, in lists of sections by `section.list.0.key`."""
    settings: dict[str, Any] = {}
    for name, value in config.model_dump(mode="json").items():
        if not isinstance(value, dict):
            settings[name] = value
            continue
        for key, inner in value.items():
            if isinstance(inner, list) and inner and isinstance(inner[0], dict):
                for number, entry in enumerate(inner):
                    settings |= {f"{name}.{key}.{number}.{k}": v for k, v in entry.items()}
            else:
                settings[f"{name}.{key}"] = inner
    return settings


def _foreign(path: Path) -> TrainingError:
    return TrainingError(
        f"{path} was not written by this version of roadfcn",
        allowed="a checkpoint of the same version",
        do="go on with the version that is named in environment.json, or start a new run",
    )
