"""From a template and values to a page. Times are written in UTC and marked up, so that a small script can put them
into the reader's zone; without it they are read as they are.

The trap: `Jinja` without autoescape. Names and reasons come from strangers.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_HERE = Path(__file__).parent
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: object) -> str:
    """The template as HTML text."""
    return _ENVIRONMENT.get_template(template).render(values)


def static_file(name: str) -> bytes:
    """A file of `static/`; the caller gives only names it knows."""
    return (_HERE / "static" / name).read_bytes()


def coded(text: str) -> Markup:
    """The text with what stands between backticks as code; our messages name files and commands so."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts))


def day(value: date | None) -> str:
    """`24 Nov 2026`, with spaces that do not break."""
    return f"{value.day}\u00a0{value:%b}\u00a0{value.year}" if value else "\u2013"


def moment(value: datetime | None) -> Markup:
    """`<time>` with the moment in UTC."""
    if value is None:
        return Markup("\u2013")
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), f"{day(value)}, {value:%H:%M} UTC")


def ago(value: datetime | None, now: datetime) -> Markup:
    """`<time>` with how long before (or after) now, in the largest unit that fits."""
    if value is None:
        return Markup("\u2013")
    seconds = int((now - value).total_seconds())
    words = "just now"
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = abs(seconds) // size
        if count:
            words = f"{count} {name}{'' if count == 1 else 's'}"
            words = f"{words} ago" if seconds > 0 else f"in {words}"
            break
    exact = f"{value:%Y-%m-%d %H:%M} UTC"
    return Markup('<time datetime="{}" data-ago title="{}">{}</time>').format(value.isoformat(), exact, words)


def address(path: str, **query: object) -> str:
    """A path with those query values that are not empty."""
    given = {key: value for key, value in query.items() if value not in ("", None)}
    return f"{path}?{urlencode(given)}" if given else path


_ENVIRONMENT.filters.update(coded=coded, day=day, moment=moment, ago=ago)
_ENVIRONMENT.globals.update(address=address, escape=escape)
