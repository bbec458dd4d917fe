"""What must be true of a capability's text. The trap: a text that GitLab refuses, or runs as a quick action."""

from __future__ import annotations

from collections.abc import Iterator

from app.journey.languages import ENGLISH, capability_and_language
from app.journey.yaml_lines import Problem

_SECTIONS = ("Objective", "Steps", "Evidence", "Good to know", "Resources")
_LONGEST = 100_000  # GitLab takes descriptions of a million, and people write below the bot's part


def check_text(path: str, text: str, first_line: int) -> Iterator[Problem]:
    if len(text) > _LONGEST:
        yield Problem(path, first_line, f"The text has {len(text)} characters.", f"Keep it below {_LONGEST}.")
    headings = []
    for number, line in enumerate(text.splitlines(), first_line):
        yield from (Problem(path, number, what, fix) for what, fix in _harm(line))
        if line.startswith("## "):
            headings.append(line[3:].strip())
    yield from (Problem(path, first_line, what, fix) for what, fix in _wrong_sections(path, headings))
    if "- [ ] " not in text:
        fix = "Add lines that start with `- [ ] ` under ## Steps."
        yield Problem(path, first_line, "There is no step to tick.", fix)


def _harm(line: str) -> Iterator[tuple[str, str]]:
    """What a line would do in an issue, and the fix."""
    if line.startswith("/"):
        what = "GitLab runs a line that starts with `/` as a quick action."
        yield what, "Indent it or put it in backticks."
    if "<!--" in line:
        yield "An HTML comment could be taken for one of the bot's marks.", "Remove it."
    if "\u27e6" in line:
        yield "The bracket \u27e6 is reserved.", "Use another character."


def _wrong_sections(path: str, headings: list[str]) -> Iterator[tuple[str, str]]:
    """A translation has the same sections in the same order, with headings in its own words."""
    order = f"the order is {', '.join(_SECTIONS)}."
    if capability_and_language(path)[1] == ENGLISH:
        missing = [wanted for wanted in _SECTIONS if wanted not in headings]
        yield from ((f"The section `## {name}` is missing.", f"Add it; {order}") for name in missing)
    elif len(headings) != len(_SECTIONS):
        what = f"There are {len(headings)} sections that start with `## `, and the English text has {len(_SECTIONS)}."
        yield what, f"Translate each of them; {order}"
