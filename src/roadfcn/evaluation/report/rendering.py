"""From a page's content to one HTML file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from roadfcn.evaluation.report.numbers import percent, span
from roadfcn.output_files import write_text


def write_page(path: Path, template: str, content: dict[str, Any]) -> None:
    """Fill a template of this package, and write it over an older file.

    Args:
        path: The HTML file.
        template: Its name, such as "page.html.jinja".
        content: What the template names. Text is escaped; only drawings are taken as they are.

    Raises:
        OutputError: The file cannot be written.
    """
    pages = Environment(
        loader=PackageLoader("roadfcn.evaluation.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"percent": percent, "span": span}
    write_text(path, pages.get_template(template).render(content) + "\n")
