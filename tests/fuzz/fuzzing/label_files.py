"""labels.yaml: one that is read gives every class a name, and values or colours that differ."""

import numpy as np
import yaml
from hypothesis import strategies as st

from fuzzing.cases import Case, Kind
from fuzzing.mutations import damaged, damaged_tree
from fuzzing.recipes import FRAGMENTS, as_yaml
from roadfcn.datasets.labels_file import read_labels
from roadfcn.label_sets import VOID

_TREE = {
    "classes": [
        {"name": "background", "value": 0, "colour": [40, 40, 40]},
        {"name": "street", "value": 7, "colour": [0, 200, 83]},
        {"name": "pavement", "value": 9, "colour": [60, 40, 222]},
    ],
    "void": {"value": 255, "colour": [0, 0, 0]},
    "road": "street",
}


@st.composite
def _with_fragment(draw):
    """Put something that only YAML can say in the place of an entry."""
    text, fragment = yaml.safe_dump(_TREE, sort_keys=False), draw(st.sampled_from(FRAGMENTS))
    place = draw(st.sampled_from(["street", "7", "255", "40", "background", "classes:"]))
    return text.replace(place, fragment, 1).encode()


def _cases(_workshop):
    valid = st.just(_TREE)
    contents = st.one_of(
        damaged_tree(valid).map(as_yaml),
        damaged(st.just(yaml.safe_dump(_TREE).encode())),
        _with_fragment(),
    )
    return st.builds(Case, st.just("labels.yaml"), contents)


def _check(case, folder):
    path = folder / case.name
    path.write_bytes(case.content)
    label_set, code = read_labels(path)
    assert len(set(label_set.classes)) == len(label_set.classes)
    assert all(name.strip() for name in label_set.classes)
    written = yaml.safe_load(case.content)
    entries, void = written["classes"], written.get("void") or {}
    road = str(written.get("road")).strip().lower()
    names = [entry["name"].strip().lower() for entry in entries]
    assert list(label_set.classes) == ["road" if name == road else name for name in names]
    for key, given in (("value", code.values), ("colour", code.colours)):
        there = [entry[key] for entry in entries if entry.get(key) is not None]
        assert (given is not None) == (len(there) == len(entries))
        if given is not None:
            # One pixel of each class in a row, the last of void if that is described.
            marks = there if void.get(key) is None else [*there, void[key]]
            expected = [*range(len(there)), VOID][: len(marks)]
            mask = code.decode(np.array([marks], np.uint8), folder / "mask.png")
            assert mask[0].tolist() == expected


LABEL_FILES = Kind("labels", _cases, _check)
