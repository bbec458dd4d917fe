"""One capability's issue before the judge: what is known of it, the judgement so far, and what it asks to be done.

Closings and commands change the judgement by the same few verbs. The trap: two ways of accepting that do not agree on
what is remembered of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from app.journey.catalogue import Message
from app.journey.decisions import Decision, Reopen, Reply
from app.journey.items import Item
from app.journey.model import Partner
from app.journey.observed import Issue, Note, Observed
from app.journey.record import Record


class Trial:
    """`judgement` and `decisions` are what the verbs change; all else stays."""

    def __init__(self, item: Item, partner: Partner, observed: Observed, record: Record, now: datetime) -> None:
        self.capability = item.capability
        self.issue = item.issue
        self.partner = partner
        self.record = record
        self.now = now
        self.answers = observed.answers
        self.bot = observed.place.bot
        self.own_people = frozenset(partner.partner_side)
        read = observed.project.comments if observed.project else {}
        self.comments: tuple[Note, ...] | None = read.get(item.issue.id) if item.issue else None
        self.told = {note.told for note in self.comments or ()}
        self.judgement = record.judgement(item.capability.id)
        self.decisions: list[Decision] = []

    def set(self, **changes: object) -> None:
        if any(getattr(self.judgement, name) != value for name, value in changes.items()):
            self.judgement = replace(self.judgement, **changes)  # type: ignore[arg-type]

    def is_architect(self, username: str | None) -> bool:
        return username in self.answers.architects and username not in self.own_people

    def is_manager(self, username: str) -> bool:
        return username in self.answers.managers and username not in self.own_people

    def wait_is_over(self, at: datetime) -> None:
        """The closing was not confirmed: how long it waited for the SA is kept, for the program's numbers."""
        judgement = self.judgement
        if self.capability.verify == "sa" and judgement.closing is not None and not judgement.accepted:
            self.set(waited=judgement.waited + max(0, round((at - judgement.closing).total_seconds())))

    def forget_closing(self, *, until: date | None = None) -> None:
        self.set(closing=None, accepted=False, decided=None, by=None, approved=None, valid_until=until)

    def accept(self, issue: Issue, *, by: str | None, at: datetime | None) -> None:
        until = None
        if self.capability.valid_days and issue.closed_at is not None:
            until = issue.closed_at.date() + timedelta(days=self.capability.valid_days)
        self.set(closing=issue.closed_at, accepted=True, decided=at, by=by, valid_until=until)

    def reopen(self, issue: Issue, reason: str) -> None:
        self.decisions = [d for d in self.decisions if not isinstance(d, Reopen)]
        self.decisions.append(Reopen(self.capability.id, issue.id, reason))

    def reply(self, issue: Issue, mark: str, about: str, *words: str | Message, to: str | None = None) -> None:
        if mark not in self.told:
            self.decisions.append(Reply(self.capability.id, issue.id, mark, about, words, to))
