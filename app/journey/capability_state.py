"""The state of one capability, computed from its issue, the judgement about it, waivers and the day, and why.

Closed is not done: moved, duplicate and "won't do" close an issue as well, and do not count. The trap: a state that is
stored somewhere and goes on being told when its cause is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

from app.journey.catalogue import Message, message
from app.journey.items import Item, is_done
from app.journey.model import Capability, Partner, Waiver
from app.journey.observed import Issue
from app.journey.record import Judgement, Record

State = Literal["open", "pending", "done", "waived", "renewing", "expired", "dropped", "not started"]
COUNTING = frozenset({"done", "waived", "renewing"})

_OPEN = message("its issue is open")
_LOOKED_AT = message("closed, and being looked at")
_PENDING = message("closed; waits for a solution architect to confirm it")
_DONE = message("closed as done")
_CONFIRMED = message("closed as done, confirmed by {by}")
_WAIVED = message("waived until {until} by {by}: {reason}")
_RENEWING = message("counts until {until}, and is to be renewed")
_EXPIRED = message("its time ended on {day}; do it again")
_MOVED = message("closed as moved, which does not count")
_DUPLICATE = message("closed as a duplicate, which does not count")
_CANCELED = message("closed as not to be done, which does not count")
_NOT_STARTED = message("its issue opens with its stage")
REVIEW_IS_DUE = message("all that its stage requires counts; a solution architect looks at the stage")
REVIEW_WAITS = message("waits until all that its stage requires counts again")

REASONS: Mapping[State, tuple[Message, ...]] = {
    "not started": (_NOT_STARTED, REVIEW_IS_DUE),
    "open": (_OPEN, _LOOKED_AT, REVIEW_IS_DUE, REVIEW_WAITS),
    "pending": (_PENDING,),
    "done": (_DONE, _CONFIRMED),
    "waived": (_WAIVED,),
    "renewing": (_RENEWING,),
    "expired": (_EXPIRED,),
    "dropped": (_MOVED, _DUPLICATE, _CANCELED),
}
"""Every state with all that can be the reason of it: what the bot says is also what the document explains."""


@dataclass(frozen=True)
class CapabilityProgress:
    """State of one capability; `because` says why, for people. `doubles` are further issues with the same mark."""

    capability: Capability
    state: State
    because: Message
    issue: Issue | None = None
    doubles: tuple[Issue, ...] = ()
    waiver: Waiver | None = None
    judgement: Judgement = field(default_factory=Judgement)
    waiting_since: datetime | None = None  # closed then, and an SA has not looked at it yet
    blocked_by: tuple[str, ...] = ()  # ids of the capabilities before it that do not count yet
    new_due: date | None = None  # the due date that its issue gets now
    reopening: bool = False  # the bot opens its issue now
    closing: bool = False  # the bot closes its issue now
    dormant: bool = False  # comes up with the wins of practices, or with the end of its stage; it is not time yet
    required_from: date | None = None  # new where its stage had begun already: holds the stage only from this day

    @property
    def required(self) -> bool:
        """Whether it holds its stage now."""
        return self.capability.required and self.required_from is None

    @property
    def why(self) -> str:
        """In English, for our own side."""
        return str(self.because)

    @property
    def counts(self) -> bool:
        return self.state in COUNTING

    @property
    def waiting(self) -> bool:
        return self.waiting_since is not None


def waivers_of(partner: Partner, record: Record, today: date) -> dict[str, Waiver]:
    """The valid ones, from the partner file and from comments; of two for one capability the later end."""
    given = [w for w in partner.waivers if today <= w.until]
    given += [
        Waiver(capability=name, until=j.waiver.until, reason=j.waiver.reason, by=j.waiver.by)
        for name, j in record.judgements.items()
        if j.waiver is not None and today <= j.waiver.until
    ]
    return {w.capability: w for w in sorted(given, key=lambda w: w.until)}


def state_of(
    item: Item, judgement: Judgement, waiver: Waiver | None, reopening: bool, today: date
) -> CapabilityProgress:
    capability, issue = item.capability, item.issue
    base = CapabilityProgress(capability, "open", _OPEN, issue, item.doubles, waiver, judgement, reopening=reopening)
    closed = issue is not None and is_done(issue) and not reopening
    if closed and issue is not None and judgement.closing == issue.closed_at:
        if judgement.accepted:
            return replace(base, state="done", because=_why_done(judgement), waiver=None)
        base = replace(base, state="pending", because=_PENDING, waiting_since=issue.closed_at)
    elif closed:
        base = replace(base, because=_LOOKED_AT)
    if judgement.valid_until is not None and today <= judgement.valid_until:
        return replace(base, state="renewing", because=_RENEWING.having(until=judgement.valid_until))
    if waiver is not None:
        because = _WAIVED.having(until=waiver.until, by=waiver.by, reason=waiver.reason)
        return replace(base, state="waived", because=because)
    if base.state == "pending":
        return base
    if judgement.valid_until is not None:
        return replace(base, state="expired", because=_EXPIRED.having(day=judgement.valid_until))
    if issue is None:
        return replace(base, state="not started", because=_NOT_STARTED)
    if issue.state == "closed" and not is_done(issue):
        return replace(base, state="dropped", because=_why_dropped(issue))
    return base


def _why_done(judgement: Judgement) -> Message:
    return _CONFIRMED.having(by=judgement.by) if judgement.by else _DONE


def _why_dropped(issue: Issue) -> Message:
    if issue.moved:
        return _MOVED
    return _DUPLICATE if issue.duplicate else _CANCELED


def with_blockers(progress: CapabilityProgress, states: Mapping[str, CapabilityProgress]) -> CapabilityProgress:
    before = (states.get(name) for name in progress.capability.after)
    missing = tuple(p.capability.id for p in before if p is not None and not p.counts)
    return replace(progress, blocked_by=missing) if missing and not progress.counts else progress


def with_due(progress: CapabilityProgress, today: date) -> CapabilityProgress:
    """Renewals are due when they end; what waited for others gets its date, once, when it waits no longer."""
    issue, judgement = progress.issue, progress.judgement
    if issue is None:
        return progress
    if progress.reopening and judgement.valid_until is not None:
        return replace(progress, new_due=judgement.valid_until)
    unblocked = bool(progress.capability.after) and not progress.blocked_by and not progress.counts
    if unblocked and issue.state == "open" and issue.due is None and judgement.due is None:
        return replace(progress, new_due=today + timedelta(days=progress.capability.days))
    return progress


def counted_since(item: CapabilityProgress) -> Iterable[datetime]:
    """When it came to count: the closing, or the word of the SA after it."""
    if item.state == "done" and item.issue and item.issue.closed_at:
        yield item.issue.closed_at
        if item.judgement.by is not None and item.judgement.decided is not None:
            yield item.judgement.decided
