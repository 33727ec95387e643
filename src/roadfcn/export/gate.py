"""The parity gate of a new file: it is compared as it will be run.

A file is opened with the precision `auto` by most who use it, and on processors that are fast at
it OpenVINO then computes in bfloat16. So the file is compared in float32, in which it must answer
as before or there is no file, and where this processor is fast at bfloat16, in that too. What has
passed stands in the card, and `auto` takes nothing else: `backends.openvino_engine`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadfcn.backends.opening import open_backend
from roadfcn.backends.openvino_engine import usual_precision
from roadfcn.backends.protocol import Backend
from roadfcn.errors import ImageFileError
from roadfcn.export.eight_bit_input import EightBitBackend
from roadfcn.export.figures import Parity
from roadfcn.export.parity import ParityError, insist, measure_all
from roadfcn.export.pictures import PictureSet
from roadfcn.export.plan import Plan
from roadfcn.model_card import ModelCard

LEAST_PIXELS = 10_000
"""Of all pictures together: the strictest bound is about one label in so many."""


@dataclass(frozen=True)
class Gated:
    """What the gate found of a file that it let pass.

    Args:
        parity: The figures in float32, which are within bounds.
        bfloat16: Those in bfloat16; None where that is not compared, as `auto` never takes it.
        reasons: Why it is not to be run in bfloat16; empty if it may be.
    """

    parity: Parity
    bfloat16: Parity | None = None
    reasons: tuple[str, ...] = ()

    @property
    def compared_in(self) -> tuple[str, ...]:
        """In which precisions it answers as before."""
        passed = self.bfloat16 is not None and not self.reasons
        return ("float32", "bfloat16") if passed else ("float32",)

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON-ready form, for the card and for whoever asked for figures."""
        bfloat16 = self.bfloat16 and {
            "passed": not self.reasons,
            "reasons": list(self.reasons),
            "parity": self.bfloat16.to_dict(),
        }
        return {
            "compared_in": list(self.compared_in),
            "parity": self.parity.to_dict(),
            "bfloat16": bfloat16,
        }


def check_pictures(pictures: PictureSet) -> None:
    """Refuse pictures that could not show a difference, before long work.

    Raises:
        ImageFileError: They have fewer than `LEAST_PIXELS` together.
    """
    pixels = sum(one.image.shape[0] * one.image.shape[1] for one in pictures.pictures)
    if pixels < LEAST_PIXELS:
        raise ImageFileError(
            f"the pictures to compare on have {pixels} pixel{'s' * (pixels != 1)} in all "
            f"({pictures.name})",
            allowed=f"at least {LEAST_PIXELS:,}, so that it shows if one label in as many differs",
            do="name a folder with more pictures or larger ones, or none: then scenes are painted",
        )


def pass_gate(
    path: Path,
    card: ModelCard,
    plan: Plan,
    reference: Backend,
    pictures: PictureSet,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Gated:
    """Compare a new file with the model that it came from.

    Args:
        path: The file.
        card: What travels in it.
        plan: What it was exported as.
        reference: The model it came from, in float32.
        pictures: To compare on.
        progress: See `parity.measure_all`.

    Raises:
        ParityError: It does not answer as before in float32; or it is in int8, whose scores have
            no bound, and the reference finds nothing in the pictures.
        ModelFileError: The reference's scores are not finite, or an engine fails.
    """
    precisions = ["float32"]
    if plan.format == "openvino" and usual_precision() == "bfloat16":
        precisions.append("bfloat16")
    candidates = [_open(path, card, plan, precision) for precision in precisions]
    parity, *others = measure_all(reference, candidates, pictures, progress=progress)
    if plan.kernels == "int8":
        _insist_on_sight(parity)
    insist(parity, plan.bounds("float32"))
    if not others:
        return Gated(parity)
    reasons = others[0].failures(plan.bounds("bfloat16"))
    if parity.blind:  # whose bound on scores alone is wide
        reasons.append(parity.blind)
    return Gated(parity, others[0], tuple(reasons))


def _insist_on_sight(parity: Parity) -> None:
    """Refuse figures that say nothing; of other kernels the scores still tell two engines apart.

    Raises:
        ParityError: They say nothing.
    """
    if parity.blind:
        raise ParityError(
            f"whether int8 answers as before cannot be seen: {parity.blind}",
            allowed=f"pictures in which the model finds {parity.sought}",
            do="name pictures like those that it is going to see with --pictures, or train it "
            "first; without --int8 scores are compared too",
            parity=parity,
            failures=[parity.blind],
        )


def _open(path: Path, card: ModelCard, plan: Plan, precision: str) -> Backend:
    if plan.eight_bit_input:
        return EightBitBackend(path, card, precision)
    return open_backend(path, device="cpu", precision=precision)
