"""Recipes and overrides: one that is read is written and read again as the same recipe."""

import json
from pathlib import Path

import yaml
from hypothesis import strategies as st

from fuzzing.cases import Case, Kind
from fuzzing.mutations import LONG, damaged, damaged_tree, odd_texts, odd_values
from roadfcn.errors import ConfigError
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.config_files import make_config, read_config, write_config

_TREE = make_config(
    {
        "name": "street",
        "data": {
            "path": "data",
            "size": [64, 96],
            "held_out_drives": ["0016E5"],
            "also": [{"path": "more", "share": 0.25}],
        },
        "augmentation": {"crop": [32, 32], "scale": [0.5, 2.0]},
        "loss": {"class_weights": {"road": 2.0}},
    }
).model_dump(mode="json")
_TEXT = yaml.safe_dump(_TREE)

_LAUGHS = "".join(
    f"{'abcdefghij'[n]}: &{'abcdefghij'[n]} [{', '.join(['*' + 'abcdefghij'[n - 1]] * 9)}]\n"
    for n in range(1, 10)
)
FRAGMENTS = [
    "!!python/object/apply:os.system ['touch PWNED']",
    "!!python/name:os.system",
    "!!binary x",
    "!!timestamp x",
    "!!int x",
    "!!float x",
    "!!bool x",
    "!!set {a, b}",
    "!!omap [a: 1]",
    "!!pairs [a: 1]",
    "!!null x",
    "!unknown x",
    "2024-13-45",
    "2024-01-02",
    "2024-01-02T99:99:99Z",
    "1:30",
    "0x" + "f" * LONG,
    "9" * LONG,
    "1" * LONG + "e1",
    ".inf",
    ".nan",
    "-.inf",
    "0o17",
    "1_000",
    "1e-3",
    "1e999",
    '"\\0"',
    '"\\ud800"',
    '"\\x1b[2J"',
    "[" * 3000 + "]" * 3000,
    "{a: " * 3000 + "}" * 3000,
    "&x [*x]",
    "&x {y: *x}",
    "*nowhere",
    "<<: {epochs: 3}",
    "{<<: [1, 2]}",
    "? [a]\n  : b",
    "{[a]: b}",
    "{1: 2, null: 3, true: 4}",
    "|\n  text",
    "%YAML 9.9",
    "--- a\n--- b",
    "\t- a",
    "a" * LONG,
    "'unfinished",
]
_KEYS = [
    f"{section}.{key}" if section else key
    for section, kind in [("", TrainingConfig)]
    + [
        (name, field.annotation)
        for name, field in TrainingConfig.model_fields.items()
        if hasattr(field.annotation, "model_fields")
    ]
    for key in kind.model_fields
]
_fragments = st.sampled_from(FRAGMENTS)


def as_yaml(tree):
    try:
        return yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "surrogatepass")
    except ValueError:  # whole numbers too long for Python to print
        return b"seed: " + b"9" * LONG


@st.composite
def _with_fragment(draw):
    """Give a setting, or a whole section, what only YAML can say."""
    key, fragment = draw(st.sampled_from(_KEYS)), draw(_fragments)
    section, _, name = key.rpartition(".")
    lines = [f"data: {{path: {draw(st.sampled_from(['data', fragment]))}}}"]
    lines.append(f"{section}:\n  {name}: {fragment}" if section else f"{name}: {fragment}")
    if draw(st.booleans()):
        lines.insert(0, f"a: &a [x]\n{_LAUGHS}"[: draw(st.sampled_from([LONG, 200]))])
    return "\n".join(lines).encode()


@st.composite
def _with_other_numbers(draw):
    """Change numbers and switches only, so that many of these recipes are usable."""
    tree = json.loads(json.dumps(_TREE))
    leaves = [
        (section, key)
        for section, values in tree.items()
        if isinstance(values, dict)
        for key, value in values.items()
        if isinstance(value, int | float)
    ]
    for section, key in draw(st.lists(st.sampled_from(leaves), min_size=1, max_size=5)):
        if isinstance(tree[section][key], bool):
            tree[section][key] = draw(st.sampled_from([True, False, "yes", "off"]))
        elif isinstance(tree[section][key], int):
            tree[section][key] = draw(st.one_of(st.integers(1, 2**31 - 1), st.just(0)))
        else:
            tree[section][key] = draw(st.floats(0, 1, exclude_max=True))
    return as_yaml(tree)


_overrides = st.lists(
    st.builds(
        "{}{}{}".format,
        st.one_of(st.sampled_from([*_KEYS, "data.also.0.share", "data.also.1.path"]), odd_texts),
        st.sampled_from(["="] * 9 + ["", " = ", "=="]),
        st.one_of(_fragments, odd_texts, odd_values.map(str), st.just("3")),
    ),
    max_size=3,
)


def _cases(_workshop):
    valid = st.just(_TREE)
    contents = st.one_of(
        damaged_tree(valid).map(as_yaml),
        damaged_tree(valid).map(lambda tree: json.dumps(tree, default=str)[:LONG].encode()),
        damaged(st.just(_TEXT.encode())),
        _with_other_numbers(),
        _with_fragment(),
    )
    return st.builds(
        lambda content, overrides: Case("recipe.yaml", content, tuple(overrides)),
        contents,
        st.one_of(st.just([]), _overrides),
    )


def _check(case, folder):
    path = folder / case.name
    path.write_bytes(case.content)
    try:
        config = read_config(path, case.words)
    finally:
        assert not Path("PWNED").exists(), "the recipe has run a command"
    write_config(folder / "again.yaml", config)
    assert read_config(folder / "again.yaml") == config
    try:
        unchanged = read_config(path)
    except ConfigError:
        return  # the overrides have mended it
    if not case.words:
        assert unchanged == config
        _assert_numbers_kept(yaml.safe_load(case.content), config.model_dump())


def _assert_numbers_kept(written, read):
    """Check that every number and switch of a recipe is what its setting is, to any depth."""
    for key, value in (written or {}).items():
        if isinstance(value, dict):
            _assert_numbers_kept(value, read[key])
        elif isinstance(value, int | float):
            assert read[key] == value, key


RECIPES = Kind("recipes", _cases, _check)
