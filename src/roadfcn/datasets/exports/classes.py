"""From the labels that people used to the classes of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from roadfcn.datasets.mask_decoding import Colour
from roadfcn.errors import DatasetError
from roadfcn.label_sets import REST, ROAD, VOID, LabelSet, distinct_colour

Unlabelled = Literal["background", "void"]

_OWN_NAMES = {"_background_": REST, "__ignore__": "void"}  # labelme's
_VOID = "void"


@dataclass(frozen=True)
class ClassPlan:
    """What becomes of each label.

    Args:
        label_set: The classes of the data set.
        values: For each label its mask value: a class index, or void.
        unlabelled: Mask value of pixels that nobody labelled.
    """

    label_set: LabelSet
    values: dict[str, int]
    unlabelled: int


def plan_classes(
    labels: Mapping[str, Colour | None],
    *,
    road: Sequence[str] = (),
    void: Sequence[str] = (),
    unlabelled: Unlabelled = "background",
) -> ClassPlan:
    """Decide which label becomes which class.

    With `road` the data set knows road and background. Without it every label is a class of its
    own, in lower case, behind "background" where that is needed.

    Args:
        labels: All labels, in the export's order, with colours where it gives some.
        road: Labels that are road.
        void: Labels of pixels that shall count nowhere.
        unlabelled: What pixels without label are.

    Raises:
        DatasetError: There are no labels, or one that is named is not there.
    """
    if not labels:
        raise DatasetError(
            "nothing was labelled",
            allowed="an export with at least one polygon, box, ellipse or mask",
            do="label some frames and export again",
        )
    plain = {label: _plain(label) for label in labels}
    wanted = {
        name: _known(name, option, plain)
        for option, names in (("--road", road), ("--void", void))
        for name in names
    }
    ignored = {_VOID} | {wanted[name] for name in void}
    both = sorted(wanted[name] for name in road if wanted[name] in ignored)
    if both:
        raise DatasetError(
            f"the label '{both[0]}' is both road and void",
            allowed="each label once",
            do="name it in one of --road and --void",
        )
    if road:
        roads = {wanted[name] for name in road}
        label_set = ROAD
        index = {name: int(name in roads) for name in plain.values()}
    else:
        kept = dict.fromkeys(name for name in plain.values() if name not in ignored)
        needs_rest = unlabelled == REST or REST in kept
        names = [*([REST] if needs_rest else []), *(name for name in kept if name != REST)]
        index = {name: position for position, name in enumerate(names)}
        label_set = LabelSet("own", tuple(names), _colours(names, plain, labels))
    return ClassPlan(
        label_set,
        {label: VOID if name in ignored else index[name] for label, name in plain.items()},
        VOID if unlabelled == _VOID else 0,
    )


def _plain(label: str) -> str:
    return _OWN_NAMES.get(label, label.strip().lower())


def _known(name: str, option: str, plain: Mapping[str, str]) -> str:
    if _plain(name) not in plain.values():
        raise DatasetError(
            f"{option} names '{name}', which is no label of the export",
            allowed=", ".join(plain),
            do="use one of these names",
        )
    return _plain(name)


def _colours(
    names: list[str], plain: Mapping[str, str], labels: Mapping[str, Colour | None]
) -> tuple[Colour, ...]:
    """Give each class the colour it has in the export, if no other class has it, or one of ours."""
    given = {name: labels[label] for label, name in plain.items() if name not in ROAD.classes}
    chosen: list[Colour] = []
    for index, name in enumerate(names):
        wanted = given.get(name) or distinct_colour(name, index)
        others = (distinct_colour("", other) for other in range(2 * len(names)))
        chosen.append(next(colour for colour in (wanted, *others) if colour not in chosen))
    return tuple(chosen)
