"""Templates of the folder reports/, filled in with text that may be hostile."""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from scanner.export.words.text import visible
from scanner.export.words.wording import figure


def template(name: str) -> Template:
    """
    Return the HTML template reports/NAME.

    All that is filled in is escaped, and shown on one line with its invisible
    characters spelt out; a name that is not given is an error, not an empty
    place.
    """
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    # `autoescape=True`: `select_autoescape` goes by suffixes and would miss .html.j2.
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = figure
    return environment


def _read(name: str) -> str:
    return (files("scanner.reports") / name).read_text(encoding="utf-8")


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
