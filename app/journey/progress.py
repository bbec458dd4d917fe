"""Where a partner stands, computed from all of its issues every time, and why.

The trap: "advance because an event came". A stage is never counted up; it is what the issues, judgements, waivers and
the date say now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from app.journey.capability_state import (
    REVIEW_IS_DUE,
    REVIEW_WAITS,
    CapabilityProgress,
    counted_since,
    state_of,
    waivers_of,
    with_blockers,
    with_due,
)
from app.journey.items import Item, sort_issues
from app.journey.judge import Judged, judge
from app.journey.model import Journey, Partner, Policy, Practice, Stage
from app.journey.observed import Issue, Observed
from app.journey.recall import record_before
from app.journey.record import Announced, Record
from app.journey.template_changes import noticed, required_from


@dataclass(frozen=True)
class StageProgress:
    """`review`: of a stage with a gate; None too where the stage was left before there was a gate."""

    stage: Stage
    items: tuple[CapabilityProgress, ...]
    review: CapabilityProgress | None = None

    @property
    def all(self) -> tuple[CapabilityProgress, ...]:
        """With the review, once it has come up."""
        return self.items if self.review is None or self.review.dormant else (*self.items, self.review)

    @property
    def holding(self) -> tuple[CapabilityProgress, ...]:
        """What holds the stage by now: what is required, and the review once it has come up."""
        return tuple(item for item in self.all if item.required and not item.dormant)

    @cached_property
    def required(self) -> tuple[CapabilityProgress, ...]:
        return tuple(item for item in self.items if item.required and not item.dormant)

    @property
    def done(self) -> bool:
        """Whether all that is required counts; at a gate a review follows."""
        return all(item.counts for item in self.required)

    @property
    def complete(self) -> bool:
        return self.done and (self.review is None or self.review.counts)

    @property
    def done_since(self) -> datetime | None:
        """The last closing or word of an SA by which something required came to count; None where all is waived."""
        return max((t for i in self.required if i.counts for t in counted_since(i)), default=None)

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

    @cached_property
    def items(self) -> tuple[CapabilityProgress, ...]:
        """All of them, with the reviews that have come up, those of the practices last."""
        own = tuple(item for stage in self.stages for item in stage.all)
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
    judged = judge(found, partner, observed, before, now)
    judged = replace(judged, record=noticed(journey, judged.record, now.date()))
    return Assessment(before, judged, _measure(journey, partner, found.items, judged, now), found.left_behind)


def reassess(
    journey: Journey, partner: Partner, observed: Observed, assessment: Assessment, told: Record, now: datetime
) -> Assessment:
    """The same once other stages are announced, as in `told`: a stage that begins may bring up its review at once."""
    record = replace(assessment.judged.record, announced=told.announced, practices=told.practices)
    found = sort_issues(journey, observed).items
    progress = _measure(journey, partner, found, replace(assessment.judged, record=record), now)
    return replace(assessment, progress=progress)


def measure(journey: Journey, partner: Partner, observed: Observed, now: datetime) -> Progress:
    """Computes the state of every capability and the stage that follows from them."""
    return assess(journey, partner, observed, now).progress


def settled_at(journey: Journey, progress: Progress) -> datetime | None:
    """When the last closing is old enough to be spoken about; None where nothing was closed."""
    if progress.last_change is None:
        return None
    return progress.last_change + timedelta(minutes=journey.policy.settle_minutes)


def _measure(journey: Journey, partner: Partner, found: Mapping[str, Item], judged: Judged, now: datetime) -> Progress:
    today, record, states = now.date(), judged.record, dict[str, CapabilityProgress]()
    waivers = waivers_of(partner, record, today)
    for name, item in found.items():
        state = state_of(item, record.judgement(name), waivers.get(name), judged.reopened(name), today)
        later = required_from(item.capability, record.judgement(name), journey.policy, today)
        if later is not None or judged.closed(name):
            state = replace(state, closing=judged.closed(name), required_from=later)
        states[name] = state
    states = {name: with_due(with_blockers(progress, states), today) for name, progress in states.items()}
    activity = max((s.issue.updated_at for s in states.values() if s.issue), default=None)
    practices = {p.id: _practice(p, states, activity, judged.record, now) for p in journey.practices}
    wins = sum(practice.won for practice in practices.values())
    states |= {name: replace(state, dormant=True) for name, state in states.items() if _is_dormant(state, wins)}
    company = _run(journey, states, activity, judged.record.announced, now)
    if not practices:
        return company
    changes = [r.last_change for r in (company, *(p.run for p in practices.values())) if r.last_change is not None]
    furthest = max(_company_position(journey, p) for p in practices.values())
    return replace(
        company, position=min(company.position, furthest), last_change=max(changes, default=None), practices=practices
    )


def _run(
    journey: Journey,
    states: Mapping[str, CapabilityProgress],
    activity: datetime | None,
    told: Announced,
    now: datetime,
) -> Progress:
    """The stages of one journey, the company's or a practice's, and the position that follows from them.

    `told`: the stage that was announced, for a review belongs to the stage in which a partner is.
    """
    stages, here = list[StageProgress](), journey.position(told.stage) or 0
    for index, stage in enumerate(journey.stages):
        found = StageProgress(stage, tuple(states[c.id] for c in stage.capabilities))
        if stage.review is not None:
            review = _review(found, states[stage.review.id], index - here, journey.policy, now)
            found = replace(found, review=review)
        stages.append(found)
    position = next((index for index, stage in enumerate(stages) if not stage.complete), len(stages))
    changes = [t for s in stages for i in s.holding if i.counts for t in counted_since(i)]
    return Progress(tuple(stages), position, max(changes, default=None), last_activity=activity)


def _review(
    stage: StageProgress, review: CapabilityProgress, ahead: int, policy: Policy, now: datetime
) -> CapabilityProgress | None:
    """A stage's review comes up once all else in it counts and has settled, and waits again when something is reopened.

    `ahead`: how many stages after the announced one; negative: before. A stage that was left without a review has none.
    """
    settled = stage.done_since is None or now >= stage.done_since + timedelta(minutes=policy.settle_minutes)
    if review.issue is None and review.state == "not started":
        if ahead < 0:
            return None
        if ahead > 0 or not stage.done or not settled:
            return replace(review, dormant=True, blocked_by=())
    missing = () if review.counts else tuple(i.capability.id for i in stage.required if not i.counts)
    review = replace(review, blocked_by=missing)
    if missing or ahead > 0:
        because = REVIEW_WAITS if review.state == "open" else review.because
        return replace(review, waiting_since=None, because=because)
    if review.state in ("open", "not started"):
        since = stage.done_since or (review.issue.created_at if review.issue else now)
        return replace(review, because=REVIEW_IS_DUE, waiting_since=since)
    return review


def _practice(
    practice: Practice,
    states: Mapping[str, CapabilityProgress],
    activity: datetime | None,
    record: Record,
    now: datetime,
) -> PracticeProgress:
    """A waived joint win opens the way, but it is no win."""
    win = states[practice.unlock]
    run = _run(practice.journey, states, activity, record.of_practice(practice, now.date()), now)
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
