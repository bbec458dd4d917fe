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
_NO_SLUG = "There is no `slug` that GitLab could take as a path."
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
    form = _form_in(description)
    if form is None:
        raise TemplateError([Problem(FORM, 1, "There is no block that begins with ```yaml.", "Take the form again.")])
    document = parse(FORM, form)
    if document.problems:
        raise TemplateError(document.problems)
    named = document.data if isinstance(document.data, dict) else {}
    line, slug = document.line(("slug",)), named.get("slug")
    problems: list[Problem] = []
    try:
        slug = _is_slug.validate_python(slug, strict=True)
    except ValidationError:
        problems.append(Problem(FORM, line, _NO_SLUG, "Write small letters, digits and hyphens, such as acme."))
        slug = "newcomer"  # the rest is checked all the same
    text = _SLUG.sub("", form, count=1)
    try:
        load_partner(slug, text, templates)
    except TemplateError as error:
        gone = "slug" in named  # its line is not in the file
        problems += [Problem(FORM, p.line + (gone and p.line >= line), p.what, p.fix) for p in error.problems]
    if problems:
        raise TemplateError(problems)
    return Newcomer(slug, text)


def _form_in(description: str) -> str | None:
    block = _BLOCK.search(description.replace("\r\n", "\n"))
    return block["text"] if block else None


def line_of(description: str, number: int) -> str:
    """The line of the block that a problem names, without what the form says about it; empty where there is none."""
    lines = (_form_in(description) or "").splitlines()
    return lines[number - 1].partition(" #")[0].strip() if 0 < number <= len(lines) else ""
