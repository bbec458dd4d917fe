"""HTML that is safe to show: what is not listed here does not come through.

The trap: strangers who write our own elements. A class, an id or a style is kept only in the forms that `markdown` and
`chips` make.
"""

from __future__ import annotations

import re

import nh3
from markupsafe import Markup

_CHIP_STYLE = re.compile(r"--chip:#[0-9a-f]{6};--ink:#[0-9a-f]{6}")


def sanitised(html: str) -> Markup:
    """The listed elements and attributes of a rendered text."""
    return Markup(_CLEANER.clean(html))  # noqa: S704 - nh3 has just cleaned it


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "style":
        return value if tag in {"a", "span"} and _CHIP_STYLE.fullmatch(value) else None
    if attribute == "tabindex":
        return value if value == "0" else None
    if attribute == "id":
        return value if value.startswith(("toc-", "task-")) else None
    return value


_TAGS = (nh3.ALLOWED_TAGS | {"button", "details", "summary", "section"}) - {"input", "style"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"title", "dir", "lang", "align"},
    "a": {"href", "style"},
    "img": {"src", "alt", "width", "height"},
    "span": {"role", "aria-checked", "aria-disabled", "style"},
    "button": {"type", "name", "value", "id", "role", "aria-checked", "aria-label"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "table": {"tabindex"},
    "details": {"open"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    **{f"h{n}": {"id"} for n in range(1, 7)},
}
_ALERTS = {f"markdown-alert-{kind}" for kind in ("note", "tip", "important", "warning", "caution")}
_CLASSES: dict[str, set[str]] = {
    "a": {"chip", "scoped", "ref-user", "ref-item", "ref-url"},
    "span": {"chip-key", "chip-value", "ref-user", "task"},
    "button": {"task"},
    "ul": {"contains-task-list"},
    "ol": {"contains-task-list", "flow", "down"},
    "li": {"task-list-item", "arrow"},
    "div": {"markdown-alert", *_ALERTS},
    "p": {"markdown-alert-title"},
    "figure": {"drawn", "live"},
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style"},
    attributes=_ATTRIBUTES,
    attribute_filter=_keep_attribute,
    allowed_classes=_CLASSES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)
