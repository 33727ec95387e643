"""What is wrong with the words of a command line, told as any other mistake is.

Typer tells what it found; what it would have taken is with the option or argument: its choices,
its range, or else its help.
"""

from __future__ import annotations

import re
from typing import Any

import typer

from roadfcn.errors import RoadfcnError, shown

UsageError: type[Exception] = typer.BadParameter.__bases__[0]
"""What Typer raises for unknown options, missing arguments and the like. It exports only this one
of them; their base is Click's own or a copy inside Typer, depending on its version."""

_NO_CHOICE = re.compile(r"(.*) is not one of (.*)")


def in_our_words(problem: Any) -> RoadfcnError:  # noqa: ANN401 - of Typer, which hides its type
    """Give a usage error as an error of ours."""
    found = " ".join(problem.format_message().split()).rstrip(".")
    found = found.replace("Value error, ", "").replace("Input should", "it should")
    reasons = getattr(problem.__cause__, "errors", None)  # pydantic's, by which Typer checks
    if reasons is not None and "it should" in found:
        found += f" (found {shown(reasons()[0]['input'])})"
    choice = _NO_CHOICE.fullmatch(found)
    if choice is not None:
        found, allowed = choice[1], choice[2].replace("'", "")
    else:
        allowed = _allowed(problem)
    context = problem.ctx
    return RoadfcnError(
        found[:1].lower() + found[1:],
        allowed=allowed,
        do=f"see {'roadfcn' if context is None else context.command_path} --help",
    )


def _allowed(problem: Any) -> str:  # noqa: ANN401 - as above
    """Say what would have been right instead."""
    context = problem.ctx
    if context is None:  # nobody says of which command the option is
        option = getattr(problem, "option_name", None)
        return "what the help shows" if option is None else f"{option} as the help shows it"
    parameter = _parameter(problem)
    if parameter is not None:
        return _taken_by(parameter)
    inner = getattr(context.command, "commands", None)
    if inner:
        return f"the commands {', '.join(inner)}"
    if hasattr(problem, "option_name"):
        names = [name for one in context.command.params for name in one.opts if name[:1] == "-"]
        return f"the options {', '.join(names)}"
    return " ".join(context.get_usage().split()).removeprefix("Usage: ")


def _parameter(problem: Any) -> Any:  # noqa: ANN401 - as above
    """Give the option or argument that a mistake is about, if it is one that there is."""
    named = getattr(problem, "param", None)
    if named is not None:
        return named
    wanted = getattr(problem, "option_name", None)
    return next((one for one in problem.ctx.command.params if wanted in one.opts), None)


def _taken_by(parameter: Any) -> str:  # noqa: ANN401 - as above
    """Say what an option or argument takes: "--opacity from 0 to 1: of the colours ..."."""
    is_option = parameter.param_type_name == "option"
    value = parameter.metavar or ("" if is_option else parameter.name.upper())
    name = parameter.opts[0] if is_option else ""
    # Older versions of Typer keep the range in a type.
    bounds = [getattr(parameter, "type", parameter), parameter]
    least, most = (
        next((limit for one in bounds if (limit := getattr(one, end, None)) is not None), None)
        for end in ("min", "max")
    )
    within = "" if least is None else f"from {least:g}"
    within += "" if most is None else f" to {most:g}"
    words = " ".join(word for word in (name, value, within.strip()) if word)
    help_text = (parameter.help or "").rstrip(".")
    return f"{words}: {help_text[:1].lower()}{help_text[1:]}" if help_text else words
