"""A new partner as somebody describes it in an issue of the control project, who would rather fill in a form than
write a file.

The form holds the partner file itself, in a code block, so that there is one format to know and one check. The traps:
an issue is easier to write than a file, so `written_by_architects` says whose words count; and a block that is cut at
the wrong fence would make a partner of half a form.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from app.journey.loading import TemplateError, load_partner
from app.journey.model import Slug
from app.journey.templates import Templates
from app.journey.yaml_lines import Problem, parse

FORM = "form"
"""Stands for the block where a problem names a file."""
_BLOCK = re.compile(r"^(?P<fence>`{3,})ya?ml[ \t]*\n(?P<text>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
_SLUG = re.compile(r"^slug[ \t]*:.*(?:\n|\Z)", re.MULTILINE)
_is_slug = TypeAdapter[str](Slug)


@dataclass(frozen=True)
class Newcomer:
    """`text`: what the file `partners/<slug>.yaml` is to hold, as it was written."""

    slug: str
    text: str


def written_by_architects(writers: Iterable[str], architects: Collection[str]) -> bool:
    """Whether all who wrote the issue may add partners. Usernames in any case."""
    known = {name.casefold() for name in architects}
    return all(name.casefold() in known for name in writers)


def read_newcomer(description: str, templates: Templates) -> Newcomer:
    """The partner in the first YAML block. Raises TemplateError with all problems; lines count in the block."""
    block = _BLOCK.search(description.replace("\r\n", "\n"))
    if block is None:
        raise TemplateError([Problem(FORM, 1, "There is no block that begins with ```yaml.", "Take the form again.")])
    form = block["text"]
    document = parse(FORM, form)
    if document.problems:
        raise TemplateError(document.problems)
    slug = document.data.get("slug") if isinstance(document.data, dict) else None
    line = document.line(("slug",))
    try:
        slug = _is_slug.validate_python(slug, strict=True)
    except ValidationError:
        fix = "Write a short name of small letters, digits and hyphens behind `slug:`, such as acme."
        raise TemplateError(
            [Problem(FORM, line, "There is no `slug` that GitLab could take as a path.", fix)]
        ) from None
    text = _SLUG.sub("", form, count=1)
    try:
        load_partner(slug, text, templates)
    except TemplateError as error:
        raise TemplateError(Problem(FORM, p.line + (p.line >= line), p.what, p.fix) for p in error.problems) from None
    return Newcomer(slug, text)


def line_of(description: str, number: int) -> str:
    """The line of the block that a problem names; empty where there is none."""
    block = _BLOCK.search(description.replace("\r\n", "\n"))
    lines = block["text"].splitlines() if block else []
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""
