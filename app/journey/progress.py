"""Where a partner stands, computed from all of its issues every time, and why.

The trap: "advance because an event came". A stage is never counted up; it is what the issues, judgements, waivers and
the date say now. Closed is not done: moved, duplicate and "won't do" close an issue as well, and do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

from app.journey.catalogue import Message, message
from app.journey.items import Item, is_done, sort_issues
from app.journey.judge import Judged, judge
from app.journey.model import Capability, Journey, Partner, Practice, Stage, Waiver
from app.journey.observed import Issue, Observed
from app.journey.record import (
    Announced,
    Judgement,
    Record,
    read_record,
    record_before,
    status_issue,
    status_issues,
)
from app.journey.template_changes import noticed, required_from

__all__ = [
    "Announced", "Assessment", "CapabilityProgress", "PracticeProgress", "Progress", "StageProgress", "announced",
    "assess", "measure", "settled_at", "status_issue", "status_issues",
]  # fmt: skip

State = Literal["open", "pending", "done", "waived", "renewing", "expired", "dropped", "not started"]
COUNTING = frozenset({"done", "waived", "renewing"})


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
    dormant: bool = False  # comes up with the wins of practices, and there are not enough yet
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


@dataclass(frozen=True)
class StageProgress:
    stage: Stage
    items: tuple[CapabilityProgress, ...]

    @property
    def required(self) -> tuple[CapabilityProgress, ...]:
        return tuple(item for item in self.items if item.required and not item.dormant)

    @property
    def complete(self) -> bool:
        return all(item.counts for item in self.required)

    @property
    def percent(self) -> int:
        """Share of the required weights that count, 0 to 100, rounded down so that 100 means complete."""
        total = sum(item.capability.weight for item in self.required)
        counted = sum(item.capability.weight for item in self.required if item.counts)
        if total == 0:
            return 100 if self.complete else 0
        percent = 100 * counted // total
        return percent if self.complete or percent < 100 else 99


@dataclass(frozen=True)
class Progress:
    """The whole picture of one partner. `position` counts stages; `len(stages)` means complete."""

    stages: tuple[StageProgress, ...]
    position: int
    last_change: datetime | None
    practices: Mapping[str, PracticeProgress] = field(default_factory=dict)
    last_activity: datetime | None = None  # a tick, a comment, a closing: GitLab notes each as an update of the issue

    @property
    def items(self) -> tuple[CapabilityProgress, ...]:
        """All of them, those of the practices last."""
        own = tuple(item for stage in self.stages for item in stage.items)
        return own + tuple(item for practice in self.practices.values() for item in practice.run.items)

    @property
    def complete(self) -> bool:
        return self.position == len(self.stages)

    @property
    def waiting(self) -> tuple[CapabilityProgress, ...]:
        """What waits for an SA, longest first."""
        found = [
            (item.waiting_since, item.capability.id, item) for item in self.items if item.waiting_since is not None
        ]
        return tuple(item for _since, _name, item in sorted(found, key=lambda each: each[:2]))

    def item(self, capability_id: str) -> CapabilityProgress | None:
        return next((item for item in self.items if item.capability.id == capability_id), None)

    def stalled_since(self, journey: Journey, now: datetime) -> date | None:
        """The day of the last activity, when it is too long ago and the partner could go on; else None."""
        if self.complete or self.last_activity is None or self.waiting:
            return None
        late = now - self.last_activity >= timedelta(days=journey.policy.stalled_days)
        return self.last_activity.date() if late else None


@dataclass(frozen=True)
class PracticeProgress:
    """One practice: its run, and whether its joint win counts (`unlocked`) and was really won."""

    practice: Practice
    run: Progress
    unlocked: bool
    won: bool


@dataclass(frozen=True)
class Assessment:
    """One partner, judged and measured: the record before and after, and the picture that follows.

    `left_behind`: the bot's issues of capabilities that are not part of this partner's journey, by id, oldest first.
    """

    before: Record
    judged: Judged
    progress: Progress
    left_behind: Mapping[str, tuple[Issue, ...]]


def assess(journey: Journey, partner: Partner, observed: Observed, now: datetime) -> Assessment:
    """Judges every closing, then computes the state of every capability and the stage that follows from them."""
    before = record_before(journey, observed, now.date())
    found = sort_issues(journey, observed)
    judged = judge(found.items, partner, observed, before, now)
    judged = replace(judged, record=noticed(journey, judged.record, now.date()))
    return Assessment(before, judged, _measure(journey, partner, found.items, judged, now), found.left_behind)


def measure(journey: Journey, partner: Partner, observed: Observed, now: datetime) -> Progress:
    """Computes the state of every capability and the stage that follows from them."""
    return assess(journey, partner, observed, now).progress


def announced(journey: Journey, observed: Observed) -> Announced | None:
    """What was announced last, or None before the first time."""
    record = read_record(journey, observed)
    return record.announced if record else None


def settled_at(journey: Journey, progress: Progress) -> datetime | None:
    """When the last closing is old enough to be spoken about; None where nothing was closed."""
    if progress.last_change is None:
        return None
    return progress.last_change + timedelta(minutes=journey.policy.settle_minutes)


def _measure(journey: Journey, partner: Partner, found: Mapping[str, Item], judged: Judged, now: datetime) -> Progress:
    today, record, states = now.date(), judged.record, dict[str, CapabilityProgress]()
    waivers = _waivers(partner, record, today)
    for name, item in found.items():
        state = _state(item, record.judgement(name), waivers.get(name), judged.reopened(name), today)
        later = required_from(item.capability, record.judgement(name), journey.policy, today)
        if later is not None or judged.closed(name):
            state = replace(state, closing=judged.closed(name), required_from=later)
        states[name] = state
    states = {name: _due(_blocked(progress, states), today) for name, progress in states.items()}
    activity = max((s.issue.updated_at for s in states.values() if s.issue), default=None)
    practices = {p.id: _practice(p, states, activity) for p in journey.practices}
    wins = sum(practice.won for practice in practices.values())
    states |= {name: replace(state, dormant=True) for name, state in states.items() if _is_dormant(state, wins)}
    company = _run(journey, states, activity)
    if not practices:
        return company
    changes = [r.last_change for r in (company, *(p.run for p in practices.values())) if r.last_change is not None]
    furthest = max(_company_position(journey, p) for p in practices.values())
    return replace(
        company, position=min(company.position, furthest), last_change=max(changes, default=None), practices=practices
    )


def _run(journey: Journey, states: Mapping[str, CapabilityProgress], activity: datetime | None) -> Progress:
    """The stages of one journey, the company's or a practice's, and the position that follows from them alone."""
    stages = tuple(StageProgress(s, tuple(states[c.id] for c in s.capabilities)) for s in journey.stages)
    position = next((index for index, stage in enumerate(stages) if not stage.complete), len(stages))
    changes = [t for s in stages for i in s.required if i.counts for t in _counted_since(i)]
    return Progress(stages, position, max(changes, default=None), last_activity=activity)


def _practice(
    practice: Practice, states: Mapping[str, CapabilityProgress], activity: datetime | None
) -> PracticeProgress:
    """A waived joint win opens the way, but it is no win."""
    win = states[practice.unlock]
    run = _run(practice.journey, states, activity)
    if not win.counts:
        run = replace(run, position=0)
    return PracticeProgress(practice, run, unlocked=win.counts, won=win.state in ("done", "renewing"))


def _company_position(journey: Journey, practice: PracticeProgress) -> int:
    """Where the company would be by this practice alone; the entry stage is no stage of the company's."""
    return journey.position(practice.practice.journey.stage_id(practice.run.position)) or 0


def _is_dormant(state: CapabilityProgress, wins: int) -> bool:
    """Once its issue is there it stays asked for, whatever becomes of the wins."""
    capability = state.capability
    waits = wins < capability.after_wins or bool(state.blocked_by)
    return capability.after_wins > 0 and state.issue is None and waits


def _waivers(partner: Partner, record: Record, today: date) -> dict[str, Waiver]:
    """The valid ones, from the partner file and from comments; of two for one capability the later end."""
    given = [w for w in partner.waivers if today <= w.until]
    given += [
        Waiver(capability=name, until=j.waiver.until, reason=j.waiver.reason, by=j.waiver.by)
        for name, j in record.judgements.items()
        if j.waiver is not None and today <= j.waiver.until
    ]
    return {w.capability: w for w in sorted(given, key=lambda w: w.until)}


def _state(item: Item, judgement: Judgement, waiver: Waiver | None, reopening: bool, today: date) -> CapabilityProgress:
    capability, issue = item.capability, item.issue
    base = CapabilityProgress(
        capability, "open", message("its issue is open"), issue, item.doubles, waiver, judgement, reopening=reopening
    )
    closed = issue is not None and is_done(issue) and not reopening
    if closed and issue is not None and judgement.closing == issue.closed_at:
        if judgement.accepted:
            return replace(base, state="done", because=_why_done(judgement), waiver=None)
        base = replace(
            base, state="pending", because=message("closed; waits for a solution architect to confirm it"),
            waiting_since=issue.closed_at,
        )  # fmt: skip
    elif closed:
        base = replace(base, because=message("closed, and being looked at"))
    if judgement.valid_until is not None and today <= judgement.valid_until:
        until = judgement.valid_until
        because = message("counts until {until}, and is to be renewed", until=until)
        return replace(base, state="renewing", because=because)
    if waiver is not None:
        because = message(
            "waived until {until} by {by}: {reason}", until=waiver.until, by=waiver.by, reason=waiver.reason
        )
        return replace(base, state="waived", because=because)
    if base.state == "pending":
        return base
    if judgement.valid_until is not None:
        because = message("its time ended on {day}; do it again", day=judgement.valid_until)
        return replace(base, state="expired", because=because)
    if issue is None:
        return replace(base, state="not started", because=message("its issue opens with its stage"))
    if issue.state == "closed" and not is_done(issue):
        return replace(base, state="dropped", because=_why_dropped(issue))
    return base


def _why_done(judgement: Judgement) -> Message:
    if judgement.by:
        return message("closed as done, confirmed by {by}", by=judgement.by)
    return message("closed as done")


def _why_dropped(issue: Issue) -> Message:
    if issue.moved:
        return message("closed as moved, which does not count")
    if issue.duplicate:
        return message("closed as a duplicate, which does not count")
    return message("closed as not to be done, which does not count")


def _blocked(progress: CapabilityProgress, states: Mapping[str, CapabilityProgress]) -> CapabilityProgress:
    before = (states.get(name) for name in progress.capability.after)
    missing = tuple(p.capability.id for p in before if p is not None and not p.counts)
    return replace(progress, blocked_by=missing) if missing and not progress.counts else progress


def _due(progress: CapabilityProgress, today: date) -> CapabilityProgress:
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


def _counted_since(item: CapabilityProgress) -> Iterable[datetime]:
    """When it came to count: the closing, or the word of the SA after it."""
    if item.state == "done" and item.issue and item.issue.closed_at:
        yield item.issue.closed_at
        if item.judgement.by is not None and item.judgement.decided is not None:
            yield item.judgement.decided
