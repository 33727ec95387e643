"""What the documents say is so: settings and their defaults, commands and options, links."""

import re
import shlex
import typing
from pathlib import Path

import pytest
import typer
import yaml

from roadfcn.cli.app import app
from roadfcn.cli.training.story import story
from roadfcn.training.recipes.config import TrainingConfig
from roadfcn.training.recipes.config_files import make_config
from roadfcn.training.steps.augmentation import PRESETS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
SECTIONS = {
    name: field.annotation
    for name, field in TrainingConfig.model_fields.items()
    if hasattr(field.annotation, "model_fields")
}
SETTINGS = [
    *(("Top level", name) for name in TrainingConfig.model_fields if name not in SECTIONS),
    *((section, key) for section, kind in SECTIONS.items() for key in kind.model_fields),
]


def table(section, header):
    """Give a table in a section of the recipes' page: {key: the other cells}."""
    text = RECIPES.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    lines = text.split(f"\n| {header}", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in rows}


def settings_of(section):
    """Give {key: (default, allowed, meaning)} as the page has it."""
    return table(section, "key | default | allowed | meaning |")


def config_with(section, key, value):
    place = key if section == "Top level" else f"{section}.{key}"
    return make_config({"data": {"path": "data"}}, [f"{place}={value}"])


def choices_of(annotation):
    """List the words that a setting may have, out of its type."""
    if typing.get_origin(annotation) is typing.Literal:
        return [word for word in typing.get_args(annotation) if isinstance(word, str)]
    return [word for part in typing.get_args(annotation) for word in choices_of(part)]


@pytest.mark.parametrize(("section", "key"), SETTINGS)
def test_every_setting_is_described_with_its_default(section, key):
    default, _, meaning = settings_of(section)[key]
    assert meaning
    if (section, key) == ("data", "path"):
        assert default == "must be given"
    else:
        assert config_with(section, key, default.strip("`")) == make_config(
            {"data": {"path": "data"}}
        )


@pytest.mark.parametrize(("section", "key"), SETTINGS)
def test_every_choice_of_a_setting_is_named(section, key):
    kind = TrainingConfig if section == "Top level" else SECTIONS[section]
    allowed = settings_of(section)[key][1]
    for word in choices_of(kind.model_fields[key].annotation):
        assert f"`{word}`" in allowed


def test_no_setting_is_described_that_does_not_exist():
    described = {(s, key) for s in ("Top level", *SECTIONS) for key in settings_of(s)}
    assert described == set(SETTINGS)


def test_presets_are_described_as_they_are():
    described = table("augmentation", "key | `none` | `benchmark` | `generalise` |")
    for key, values in described.items():
        for preset, value in zip(("none", "benchmark", "generalise"), values, strict=True):
            actual = getattr(PRESETS[preset], key)
            expected = yaml.safe_load(value.strip("`"))
            assert (list(actual) if isinstance(actual, tuple) else actual) == expected, (
                preset,
                key,
            )
    fields = set(vars(PRESETS["none"])) - {"crop"}
    assert set(described) == fields
    assert all(preset.crop is None for preset in PRESETS.values())


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", RECIPES, re.DOTALL))
def test_every_example_of_a_recipe_is_a_recipe(block):
    make_config({"data": {"path": "data"}} | yaml.safe_load(block))


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_recipe_that_comes_along_is_listed_and_starts_with_a_command(path):
    assert f"(../configs/{path.name})" in RECIPES
    assert f"train configs/{path.name}" in path.read_text(encoding="utf-8")


def code_lines(text):
    """Give the lines of code blocks, fenced or indented, and what stands between backticks."""
    text = re.sub(r"\\\n\s*", " ", text)
    fenced = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL))
    indented = re.findall(r"^(?: {4}|#   )(\S.*)", text, re.MULTILINE)
    return [*fenced.splitlines(), *indented, *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)]


def commands_in(text):
    """Give the words after `roadfcn`, or `python main.py` as "main.py", of each command shown."""
    found = []
    for line in code_lines(text):
        for part in re.split(r"&&|\|\s", line):
            match = re.match(
                r"(?:.*(?:-m |/bin/)|\$ )?(roadfcn|python main\.py) (?!=)(.*)", part.strip()
            )
            if match:
                words = shlex.split(match[2], comments=True)
                found.append((["main.py"] if "main" in match[1] else []) + words)
    return found


def check_command(words):
    """Check that a command and its options exist; gives the command's name and its arguments."""
    if words[0] == "main.py":
        alone = typer.Typer()
        alone.command()(story)
        command, rest = typer.main.get_command(alone), words[1:]
    else:
        command, rest = typer.main.get_command(app), words
        while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
            assert rest[0].strip("…") in command.commands, f"no command roadfcn {' '.join(words)}"
            command, rest = command.commands[rest[0]], rest[1:]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    for word in rest:
        option = re.match(r"\[?(--?[a-z][a-z0-9-]*)", word)  # in brackets: may be left out
        assert not option or option[1] in options, f"{' '.join(words)}: no option {word}"
    return command.name, rest


SHOWN = [
    pytest.param(words, id=f"{path.name}: {' '.join(words)[:60]}")
    for path in [*DOCUMENTS, *sorted((ROOT / "configs").glob("*.yaml"))]
    for words in commands_in(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("words", SHOWN)
def test_every_command_shown_exists_with_its_options_and_settings(words):
    name, rest = check_command(words)
    if name in ("train", "story"):
        overrides = [word for word in rest if re.match(r"[a-z_.]+=", word) and "..." not in word]
        make_config({"data": {"path": "data"}}, overrides)
        for word in rest:
            if word.startswith("configs/"):
                assert (ROOT / word).is_file(), word


def test_commands_are_found_in_every_form():
    text = (
        "`roadfcn predict --model RUN`\n\n    roadfcn doctor   # what works\n\n"
        "```\nroadfcn scenes \\\n    OUT --train 3\n```\n    srun a/bin/roadfcn train x.yaml\n"
    )
    assert sorted(commands_in(text)) == [
        ["doctor"],
        ["predict", "--model", "RUN"],
        ["scenes", "OUT", "--train", "3"],
        ["train", "x.yaml"],
    ]
    with pytest.raises(AssertionError, match="no option --modle"):
        check_command(["predict", "--modle", "RUN"])
    with pytest.raises(AssertionError, match="no command roadfcn fly"):
        check_command(["fly"])


def anchors(path):
    """List the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


LINKS = [
    pytest.param(path, target, id=f"{path.name}: {target}")
    for path in [*DOCUMENTS, ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md"]
    for target in re.findall(r"\]\((?!https?://|mailto:)([^)\s]+)\)", path.read_text("utf-8"))
]


def uneven_rows(text):
    """Give the rows of tables, outside of code blocks, that are not as wide as their header."""
    found, width = [], None
    for line in re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE).splitlines():
        if not line.startswith("|"):
            width = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line)) - 1
        width = width or cells
        if cells != width:
            found.append(line)
    return found


@pytest.mark.parametrize("path", [*DOCUMENTS, ROOT / "ARCHITECTURE.md"], ids=lambda path: path.name)
def test_every_row_of_a_table_is_as_wide_as_its_header(path):
    assert uneven_rows(path.read_text(encoding="utf-8")) == []


def test_rows_of_another_width_are_found():
    text = (
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 1 | 2 | 3 |\n| 1 \\| 2 | 3 |\n\n| a |\n|---|\n| 1 |\n"
    )
    assert uneven_rows(text) == ["| 1 | 2 | 3 |"]
    assert uneven_rows(f"```\n{text}```\n") == []


@pytest.mark.parametrize(("path", "target"), LINKS)
def test_every_link_leads_somewhere(path, target):
    name, _, anchor = target.partition("#")
    page = (path.parent / name).resolve() if name else path
    assert page.exists()
    assert page.is_relative_to(ROOT), "a reader on the web cannot follow this link"
    if anchor:
        assert anchor in anchors(page)


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_no_page_waits_to_be_filled_in(page):
    assert not re.findall(r"@[A-Z_]{3,}@|TODO|FIXME", page.read_text(encoding="utf-8"))
