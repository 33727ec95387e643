"""YAML of others: plain values out of it, and one error for all that cannot be one."""

import time

import pytest

from roadfcn.yaml_text import MAX_CHARACTERS, UnusableYamlError, check_plain, parse_yaml

LAUGHS = "a: &a [x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {k: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join(['*' + old] * 9)}]}}\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_sections_anchors_and_merges_are_read():
    text = "base: &base {epochs: 3}\ntrainer: {<<: *base, lr: 0.5}\nnames: [a, b]\n"
    assert parse_yaml(text) == {
        "base": {"epochs": 3},
        "trainer": {"epochs": 3, "lr": 0.5},
        "names": ["a", "b"],
    }
    assert parse_yaml("") is None
    # A key of a merged mapping may be there again, also where that mapping is merged once more.
    again = "a: &a {k: 1}\nb: &b {<<: *a, k: 2}\nc: {<<: *b, k: 3}\n"
    assert parse_yaml(again) == {"a": {"k": 1}, "b": {"k": 2}, "c": {"k": 3}}
    assert parse_yaml("{1: a, '1': b}") == {1: "a", "1": "b"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: [1, 2", "while parsing a flow sequence"),
        (LAUGHS, "unfolds to more than 10000 values"),
        (MERGES, "unfolds to more than 10000 values"),
        ("a: 1\nb: 2\na: 3\n", "the key 'a' twice, again in line 3"),
        ("x: [{a: 1, 'a': 2}]", "the key 'a' twice"),
        ("a: &a [*a]", "unfolds to more than 50 levels"),
        ("[" * 60 + "]" * 60, "unfolds to more than 50 levels"),
        ("[" * 3000 + "]" * 3000, "nested too deeply"),
        ("a" * (MAX_CHARACTERS + 1), "more than 131072 characters"),
        ("a: 2024-13-45", "cannot be read: month must be in 1..12"),
        ("a: !!timestamp x", "cannot be read"),
        ("a: !!int x", "cannot be read"),
        ("a: !!bool x", "cannot be read"),
        ("a: " + "9" * 5000, "cannot be read"),
        ("a: 0x" + "f" * 5000, "a whole number of more than 64 bits"),
        ("a: !!python/name:os.system", "could not determine a constructor"),
        ('a: "\\0"', r"a text that no file can hold: '\\x00'"),
        ('a: "\\ud800"', r"a text that no file can hold: '\\ud800'"),
    ],
)
def test_what_no_setting_can_be_is_refused_at_once(text, found):
    start = time.process_time()
    with pytest.raises(UnusableYamlError, match=found):
        parse_yaml(text)
    assert time.process_time() - start < 60  # one that is not refused would take hours


def test_values_that_were_not_read_are_checked_too():
    endless = {}
    endless["again"] = endless
    with pytest.raises(UnusableYamlError, match="50 levels"):
        check_plain(endless)
    check_plain({"a": (1, 2.5, None, True, {"b"})})
