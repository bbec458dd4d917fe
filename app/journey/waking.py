"""When time alone changes the plan: the moment at which a partner must be looked at again without any event.

The trap: a moment that lies in the past, which would wake the partner for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from app.journey.closings import PATIENCE
from app.journey.items import is_done
from app.journey.judge import RENEW_BEFORE
from app.journey.progress import Progress, settled_at
from app.journey.prose import Scene

Wake = tuple[datetime, str]
"""A moment and its reason."""


def next_wake(scene: Scene) -> tuple[datetime | None, str]:
    """The first of all moments, of the company's run and of those of its practices; None and no reason: none."""
    wakes = [wake for run in (scene, *scene.practices) for wake in _wakes(run)]
    return min(wakes, default=(None, ""), key=lambda wake: wake[0])


def _wakes(run: Scene) -> Iterator[Wake]:
    yield from _of_the_stage(run)
    yield from _of_closings(run)
    grace = run.announced.grace_end(run.journey.policy)
    if grace is not None:
        yield grace, "the grace period of the stage ends"
    for item in run.progress.items:
        if item.waiver is not None and item.waiver.until < date.max:  # 9999-12-31: for ever, there is no day after
            yield _midnight(item.waiver.until + timedelta(days=1), run.now), "a waiver ends"
    for day, why in _days(run):
        moment = _midnight(day, run.now)
        if moment > run.now:
            yield moment, why


def _of_the_stage(run: Scene) -> Iterator[Wake]:
    journey, position = run.journey, run.journey.position(run.announced.stage) or 0
    settled = settled_at(journey, run.progress)
    if settled is not None and settled > run.now and run.progress.position > position:
        yield settled, "the stage is complete; the quiet time before the announcement ends"
    opens = _review_opens(run.progress, position, journey.policy.settle_minutes)
    if opens is not None and opens > run.now:
        yield opens, "the stage is done; the quiet time before its review ends"


def _review_opens(progress: Progress, index: int, settle_minutes: float) -> datetime | None:
    """When the review of this stage is old enough to come up, if it waits for nothing else."""
    stage = progress.stages[index] if index < len(progress.stages) else None
    if stage is None or stage.review is None or not stage.review.dormant or not stage.done or not stage.done_since:
        return None
    return stage.done_since + timedelta(minutes=settle_minutes)


def _of_closings(run: Scene) -> Iterator[Wake]:
    for item in run.progress.items:
        closed_at = item.issue.closed_at if item.issue and is_done(item.issue) else None
        unjudged = closed_at is not None and item.judgement.closing is None and not item.reopening
        if closed_at is not None and unjudged and closed_at + PATIENCE > run.now:
            yield closed_at + PATIENCE, "its evidence is looked for again"
    if any(item.closing for item in run.progress.items):
        yield run.now + timedelta(seconds=1), "what the bot closes again is looked at"


def _days(run: Scene) -> Iterator[tuple[date, str]]:
    progress, policy, nudged = run.progress, run.journey.policy, run.record.nudged
    for item in progress.items:
        until = item.judgement.valid_until
        if until is not None and item.state == "done":
            yield until - RENEW_BEFORE, "a renewal begins"
        elif until is not None and item.state == "renewing":
            yield until + timedelta(days=1), "a renewal ends"
        if item.required_from is not None:
            yield item.required_from, "a new capability begins to count"
    if progress.last_activity is not None and not progress.complete and not progress.waiting:
        stalled = progress.last_activity.date() + timedelta(days=policy.stalled_days + 1)
        again = nudged + timedelta(days=policy.nudge_every_days) if nudged else stalled
        yield max(stalled, again), "nothing has moved for long"


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, datetime.min.time(), now.tzinfo)
