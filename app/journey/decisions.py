"""What the judge wants done in GitLab about one issue, before the record is written.

The trap: a decision that says how. The texts are `prose`'s, and the writes those of the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.journey.catalogue import Message


@dataclass(frozen=True)
class Reply:
    """One comment of the bot on an issue; `about` says which text, `words` are its particulars."""

    name: str
    issue: str
    mark: str
    about: str
    words: tuple[str | Message, ...] = ()
    to: str | None = None  # username of the person who is answered


@dataclass(frozen=True)
class React:
    """A thumb for a command that was done."""

    name: str
    note: str


@dataclass(frozen=True)
class Reopen:
    name: str
    issue: str
    reason: str
    label: str | None = None
    due: date | None = None


@dataclass(frozen=True)
class Close:
    name: str
    issue: str
    reason: str


Decision = Reply | React | Reopen | Close
