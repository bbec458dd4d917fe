"""Commands to the bot: `/journey <verb>` on the first line of a comment on one of its issues.

GitLab eats the quick actions that it knows and leaves `/journey` alone (https://docs.gitlab.com/user/project/quick_actions/).
The table below is the only list of verbs: parser, help text and documentation are made from it. The trap: guessing
what somebody may have meant and acting on it. What is not understood is answered and changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from app.journey.catalogue import Message, message

Verb = Literal["status", "verify", "reject", "waive", "unwaive", "undo", "help"]
Who = Literal["everyone", "architects", "architects and managers"]


@dataclass(frozen=True)
class Usage:
    """One row of the help table."""

    verb: Verb
    arguments: str
    who: Who
    does: Message

    @property
    def line(self) -> str:
        return f"/journey {self.verb}{' ' if self.arguments else ''}{self.arguments}"


USAGES: tuple[Usage, ...] = (
    Usage("status", "", "everyone", message("says where this capability or the partner stands, and why")),
    Usage("verify", "", "architects", message("confirms a closed capability: it counts from now on")),
    Usage("reject", "<reason>", "architects", message("opens the issue again; the reason is your comment")),
    Usage(
        "waive", "until <date> <reason>", "architects and managers",
        message("lets it count till then, at most a year"),
    ),
    Usage("unwaive", "", "architects and managers", message("ends a waiver now")),
    Usage("undo", "", "everyone", message("takes back your closing; for architects also the last command")),
    Usage("help", "", "everyone", message("shows this table")),
)  # fmt: skip

LONGEST_WAIVER = timedelta(days=366)
_LINE = re.compile(r"^/journey(?:[ \t]+(?P<verb>[^\s]+))?[ \t]*(?P<rest>.*)$", re.IGNORECASE)
_WAIVE = re.compile(r"^until[ \t]+(?P<day>\S+)(?:[ \t]+(?P<reason>.*))?$", re.IGNORECASE)


@dataclass(frozen=True)
class Command:
    """A command that was understood. `until` and `reason` only where the verb takes them."""

    verb: Verb
    reason: str = ""
    until: date | None = None

    @property
    def who(self) -> Who:
        return next(usage.who for usage in USAGES if usage.verb == self.verb)


@dataclass(frozen=True)
class Misuse:
    """A line that is meant for the bot but not understood: what is wrong, and the line as it should be."""

    what: Message
    usage: str = "/journey help"


def is_command(body: str) -> bool:
    """Whether the first line speaks to the bot."""
    return _LINE.match(_first_line(body)) is not None


def read_command(body: str, today: date) -> Command | Misuse | None:
    """The command on the first line of a comment; None for an ordinary comment."""
    found = _LINE.match(_first_line(body))
    if found is None:
        return None
    word, rest = (found["verb"] or "").lower(), found["rest"].strip()
    usage = next((u for u in USAGES if u.verb == word), None)
    if usage is None:
        what = (
            message("There is no command `{word}`.", word=_quoted(word)) if word else message("The command is missing.")
        )
        return Misuse(what)
    if usage.verb == "waive":
        return _read_waive(rest, usage, today)
    if usage.verb == "reject" and not rest:
        return Misuse(message("The reason is missing."), usage.line)
    return Command(usage.verb, rest)


def _read_waive(rest: str, usage: Usage, today: date) -> Command | Misuse:
    found = _WAIVE.match(rest)
    if found is None:
        return Misuse(message("The end of the waiver is missing."), usage.line)
    try:
        until = date.fromisoformat(found["day"])
    except ValueError:
        return Misuse(message("`{word}` is not a date.", word=_quoted(found["day"])), usage.line)
    reason = (found["reason"] or "").strip()
    if not re.search(r"\w", reason):
        return Misuse(message("The reason is missing."), usage.line)
    if until < today:
        return Misuse(message("{day} is in the past.", day=until), usage.line)
    if until > today + LONGEST_WAIVER:
        return Misuse(message("A waiver lasts one year at most."), usage.line)
    return Command("waive", reason[:255], until)


def _first_line(body: str) -> str:
    return body.lstrip("\ufeff").split("\n", 1)[0].rstrip("\r ")


def _quoted(word: str) -> str:
    """A word of somebody else inside a code span."""
    return re.sub(r"[^\w-]", "", word)[:40] or "?"
