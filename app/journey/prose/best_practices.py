"""The pages of best practices in the control project: SAs and managers only, and without any partner's name.

The trap: what a partner wrote. An answer is one line that shows as it was typed, and names of its partner and of the
partner's people are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.journey import markers
from app.journey.text import plain

_LINES = 5
_SHORTEST_NAME = 3
_LONGEST = 4_000
"""Characters of an answer that are looked at."""


@dataclass(frozen=True)
class Source:
    """Whose answer: a digest that names nobody, and the issue, which only SAs and that partner can open."""

    key: str
    url: str


@dataclass(frozen=True)
class Answer:
    """One line of safe Markdown and all who say so."""

    text: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Topic:
    """A capability; `title` is safe Markdown."""

    capability: str
    title: str
    answers: tuple[Answer, ...]


def page_title(stage: str) -> str:
    """Of a stage's page; made from its id, so that a new title of the stage makes no second page."""
    return f"Best practices {stage}"


def said(text: str, names: Collection[str]) -> str:
    """A person's answer as one safe line without these names."""
    text = text[:_LONGEST]
    for name in sorted((name for name in names if len(name) >= _SHORTEST_NAME), key=len, reverse=True):
        text = re.sub(rf"@?(?<!\w){re.escape(name)}(?!\w)", "…", text, flags=re.IGNORECASE)
    lines = [line for line in text.splitlines() if re.search(r"\w", line)]
    more = " …" if len(lines) > _LINES else ""
    return " ".join(plain(line) for line in lines[:_LINES]) + more


def best_practices_page(stage_title: str, topics: Sequence[Topic]) -> str:
    """The bot's section of a page."""
    lines = [
        f"What partners would tell the next partner about {plain(stage_title)}. Collected from accepted issues; "
        "the bot renews this part, what stands around it is yours.",
    ]
    for topic in topics:
        lines += ["", f"## {topic.title} {markers.mark('capability', topic.capability)}", ""]
        lines += [_line(answer) for answer in topic.answers]
    lines += [
        "",
        "**What to do next:** pass on what helps your partners. A source link opens the issue; to change an answer, "
        "edit it there.",
    ]
    return "\n".join(lines)


def _line(answer: Answer) -> str:
    sources = ", ".join(f"{markers.mark('answer', source.key)}[source]({source.url})" for source in answer.sources)
    return f"- {answer.text} ({sources})"
