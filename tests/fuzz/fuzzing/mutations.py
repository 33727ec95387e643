"""Damage to valid files, and odd values for settings, as hypothesis strategies.

Hypothesis draws the damage, so that a campaign can be repeated case by case; where a format has a
structure, the modules of the kinds damage that too.
"""

import struct

from hypothesis import strategies as st

# Powers of two and their neighbours, where counters, signs and allocations tip over.
EDGES = [0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1]
LONG = 5000  # characters; longer than file systems and number parsers take

POSITIONS = st.one_of(st.integers(0, 63), st.integers(0, 65535))
"""Where to damage, taken modulo the length: headers are short and matter most."""

edges = st.sampled_from([*EDGES, 2**63 - 1, 2**64 - 1])


def flip(content, at, drawn):
    content[at] ^= 1 << drawn(st.integers(0, 7))


def put(content, at, drawn):
    content[at] = drawn(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF, 0x20, 0x0A, 0x7B]))


def insert(content, at, drawn):
    content[at:at] = drawn(st.binary(min_size=1, max_size=8))


def delete(content, at, drawn):
    del content[at : at + drawn(st.integers(1, 64))]


def truncate(content, at, drawn):
    del content[at:]


def duplicate(content, at, drawn):
    content[at:at] = content[at : at + drawn(st.integers(1, 256))]


def put_number(content, at, drawn):
    form = drawn(st.sampled_from(["<H", ">H", "<I", ">I", "<Q", ">Q"]))
    size = struct.calcsize(form)
    value = drawn(edges) % 2 ** (8 * size)
    content[at : at + size] = struct.pack(form, value)


DAMAGES = [flip, flip, put, insert, delete, truncate, duplicate, put_number, put_number]


@st.composite
def damaged(draw, contents, most=6):
    """Give the bytes of one of `contents` with up to `most` damages, none at times."""
    content = bytearray(draw(contents))
    for damage in draw(st.lists(st.sampled_from(DAMAGES), max_size=most)):
        if content:
            damage(content, draw(POSITIONS) % len(content), draw)
    return bytes(content)


@st.composite
def spliced(draw, contents):
    """Give the beginning of one file with the end of another."""
    first, second = draw(contents), draw(contents)
    here = draw(st.integers(0, 65535)) % (len(first) + 1)
    there = draw(st.integers(0, 65535)) % (len(second) + 1)
    return first[:here] + second[there:]


odd_texts = st.one_of(
    st.sampled_from(
        ["", " ", "\0", "\ud800", "\x1b[31mred", "a\nb", "../../x", "~", "1e3", "nan", "-0", "ß✓𝄞"]
    ),
    st.just("a" * LONG),
    st.just("9" * LONG),
    st.text(max_size=12),
)

odd_numbers = st.one_of(
    st.sampled_from([-1, 0, 1, 2**31, 2**53 + 1, 2**63, 2**64, 10**30, -(10**30), 10**400]),
    st.integers(),
    st.sampled_from([float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 1e-320, 0.5, -0.0]),
)

odd_values = st.recursive(
    st.one_of(st.none(), st.booleans(), odd_numbers, odd_texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(odd_texts, inner, max_size=3)
    ),
    max_leaves=6,
)
"""Values that a setting can hold in JSON or YAML though no author would write them."""


def places_in(tree, place=()):
    """List the path of every node below the root, as tuples of keys and indices."""
    if isinstance(tree, dict):
        pairs = tree.items()
    elif isinstance(tree, list):
        pairs = enumerate(tree)
    else:
        return []
    return [
        path for key, inner in pairs for path in [(*place, key), *places_in(inner, (*place, key))]
    ]


@st.composite
def damaged_tree(draw, trees, most=3):
    """Give one of `trees`, nested dictionaries and lists, with entries replaced, gone or new."""
    tree = _copy(draw(trees))
    for _ in range(draw(st.integers(0, most))):
        places = places_in(tree)
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        parent = tree
        for key in way:
            parent = parent[key]
        what = draw(st.sampled_from(["alike", "alike", "alike", "other", "remove", "add"]))
        if what == "alike" and isinstance(parent[last], float | int):
            parent[last] = draw(odd_numbers)
        elif what == "alike" and isinstance(parent[last], str):
            parent[last] = draw(odd_texts)
        elif what in ("alike", "other"):
            parent[last] = draw(odd_values)
        elif what == "remove":
            del parent[last]
        elif isinstance(parent, dict):
            parent[draw(odd_texts)] = draw(odd_values)
        else:
            parent.append(draw(odd_values))
    return tree


def _copy(tree):
    if isinstance(tree, dict):
        return {key: _copy(value) for key, value in tree.items()}
    return [_copy(value) for value in tree] if isinstance(tree, list | tuple) else tree
