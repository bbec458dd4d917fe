"""Making other people's text harmless before the bot repeats it.

The trap: GitLab runs `/close` at a line start, mails everybody for `@all`, hides HTML comments, and a `|` breaks a
table (https://docs.gitlab.com/user/project/quick_actions/). Names, titles and reasons all pass through here, those of
a journey again and again for every partner, so the last texts are remembered.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

_INVISIBLE = re.compile("[\u0000-\u001f\u007f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u27e6\u27e7]+")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#~|!$%^]|&(?=[\w#]))")
_MAILTO_OR_URL = re.compile(r"(https?|ftp|mailto|www)([:.])", re.IGNORECASE)
_LENGTH = 255
_REMEMBERED = 4_096
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(_REMEMBERED)
def plain(text: str) -> str:
    """One line that shows as it was typed: no Markdown, mention, reference, link, quick action or hidden mark."""
    line = _INVISIBLE.sub(" ", text[: 10 * _LENGTH]).strip()
    line = re.sub(r"\s+", " ", line)
    if len(line) > _LENGTH:
        line = line[: _LENGTH - 1].rstrip() + "…"
    line = _SPECIAL.sub(r"\\\1", line)
    line = line.replace("@", "@\u2060")  # a word joiner after the sign: reads the same, mentions nobody
    line = _MAILTO_OR_URL.sub("\\1\u2060\\2", line)
    if line[:1] in "/+-=":
        line = "\u2060" + line
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", line)


@lru_cache(_REMEMBERED)
def title(text: str) -> str:
    """A title for an epic or project: one line without control or direction characters, at most 255.

    GitLab looks for mentions and references in titles and in messages of commits as well, where `Closes #1` closes an
    issue (https://docs.gitlab.com/user/project/issues/managing_issues/#closing-issues-automatically).
    """
    line = re.sub(r"\s+", " ", _INVISIBLE.sub(" ", text[: 10 * _LENGTH])).strip()
    return re.sub(r"@|[#!&](?=\d)", "\\g<0>\u2060", line)[:255]


def as_typed(text: str) -> str:
    """Many lines in an indented block of code: nothing is rendered, called or run, and no letter turns the others."""
    return "\n".join(f"    {_INVISIBLE.sub(' ', line)}" for line in text.splitlines())


def code(username: str) -> str:
    """A username that is shown but not called: no to-do, no mail."""
    return f"`{username.replace('`', '')}`"


def written(day: date) -> str:
    """A date as people write it. Its parts do not break apart in a narrow table."""
    return f"{day.day}\u00a0{_MONTHS[day.month - 1]}\u00a0{day.year}"
