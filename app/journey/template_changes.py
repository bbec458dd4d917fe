"""What a changed journey means for a partner who is under way: what is new and when it counts, what is taken away.

A stage that was reached must not be lost by an edit of the template. The trap: taking for new what is only missing,
such as an issue that somebody deleted. So the record keeps what was required at the last look, and new is what was not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from app.journey import labels
from app.journey.model import Capability, Journey, Policy, Stage
from app.journey.observed import Issue
from app.journey.record import Judgement, Record

NOTICE = timedelta(days=90)
"""How long a new requirement is announced before it holds a stage that had begun already."""


def noticed(journey: Journey, record: Record, today: date) -> Record:
    """The record with what is required now; what is new in a stage that has begun is given the day.

    A record without such a list is from an older version, or was lost: then nothing is new.
    """
    judgements: Mapping[str, Judgement] = record.judgements
    if record.known is not None:
        new = _new_in(journey.stages, record.announced.stage, record.known)
        for practice in journey.practices:
            before = frozenset(name for name in record.known if name.endswith(f"@{practice.id}"))
            if before:  # without any it has just begun, or an older version has written the list
                told = record.of_practice(practice, today)
                new += _new_in(practice.journey.stages, told.stage, before)
        judgements = {**judgements, **{name: replace(record.judgement(name), new_since=today) for name in new}}
    return replace(record, judgements=judgements, known=_required(journey, record.known or frozenset()))


def _new_in(stages: Sequence[Stage], reached: str, known: frozenset[str]) -> list[str]:
    """Ids of what is required in the stages up to the one that was announced, and was not known.

    A present stage of which nothing was known is new as a whole, as when the last practice leaves and the company
    does all the work itself: with nothing to hold it, it would be over before it began.
    """
    new = list[str]()
    for stage in stages:
        ids = [c.id for c in stage.required]
        unknown = [name for name in ids if name not in known]
        if stage.id == reached:
            return new + (unknown if len(unknown) < len(ids) else [])
        new += unknown
    return new


def _required(journey: Journey, known: frozenset[str]) -> frozenset[str]:
    """What is required now, and of practices that the partner file no longer names what was."""
    runs = {practice.id: practice.journey for practice in journey.practices}
    now = (c.id for run in (journey, *runs.values()) for stage in run.stages for c in stage.required)
    at_rest = (name for name in known if "@" in name and name.partition("@")[2] not in runs)
    return frozenset([*now, *at_rest])


def required_from(capability: Capability, judgement: Judgement, policy: Policy, today: date) -> date | None:
    """The first day on which a new requirement holds its stage; None when that is so now.

    Never sooner than the grace period after it appeared, whatever `counts_from` says.
    """
    if not capability.required or judgement.new_since is None:
        return None
    wanted = capability.counts_from or judgement.new_since + NOTICE
    day = max(wanted, judgement.new_since + timedelta(days=policy.grace_days))
    return day if today < day else None


def removals(journey: Journey, left_behind: Mapping[str, tuple[Issue, ...]], record: Record) -> tuple[str, ...]:
    """Ids that the journey's files take away from this partner, when they are too many to be taken on trust; else ().

    Too many is more than a tenth of what the partner had, and more than one. What the partner file takes away, a
    category, a skip or a track, is no mistake in a template and is not counted.
    """
    behind = {name for name, issues in left_behind.items() if _is_news(issues)}
    present = {c.id for c in journey.capabilities}
    had = present | behind | (record.known or frozenset())
    gone = {name for name in had - present if name.partition("@")[0] not in journey.offered}
    return tuple(sorted(gone)) if len(gone) > max(1, len(had) / 10) else ()


def _is_news(issues: tuple[Issue, ...]) -> bool:
    return any(labels.RETIRED not in issue.labels for issue in issues)
