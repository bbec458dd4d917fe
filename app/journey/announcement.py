"""What people should be told by now: the stage of the company, and of every practice by itself.

A stage that settles is told once, and one that loses something is kept for a while. The trap: telling of every closing
that is taken back a minute later, or stepping back because one issue was opened again by mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.journey.model import Journey, Practice
from app.journey.progress import Assessment, Progress, settled_at
from app.journey.prose import StageChange
from app.journey.recall import at_rest
from app.journey.record import Announced, Record


@dataclass(frozen=True)
class Announcement:
    """What is announced once the plan is done, of the company and of practices by id, and the changes to tell of."""

    told: Announced
    change: StageChange | None
    practices: Mapping[str, Announced]
    practice_changes: Mapping[str, StageChange]

    def __bool__(self) -> bool:
        return self.change is not None or bool(self.practice_changes)

    def change_of(self, practice: Practice | None) -> StageChange | None:
        """None asks for the company's."""
        return self.practice_changes.get(practice.id) if practice else self.change


def announce(journey: Journey, assessment: Assessment, now: datetime) -> Announcement:
    """The company's run and those of its practices are decided alike, each for itself."""
    told, change = _decide(journey, assessment.progress, assessment.before.announced, now)
    practices, changes = at_rest(journey, assessment.before.practices), dict[str, StageChange]()
    for practice in journey.practices:
        before = assessment.before.of_practice(practice, now.date())
        run = assessment.progress.practices[practice.id].run
        practices[practice.id], changed = _decide(practice.journey, run, before, now)
        if changed is not None:
            changes[practice.id] = replace(changed, practice=practice.id)
    return Announcement(told, change, practices, changes)


def _decide(
    journey: Journey, progress: Progress, before: Announced, now: datetime
) -> tuple[Announced, StageChange | None]:
    """What should be announced now, and the change to tell people about, if any."""
    start = journey.position(before.stage) or 0
    target = progress.position
    if target == start:
        return (replace(before, at_risk_since=None) if before.at_risk_since else before), None
    if target < start:
        at_risk = before
        if before.at_risk_since is None:
            at_risk = replace(before, at_risk_since=now.replace(microsecond=0), risks=before.risks + 1)
        grace = at_risk.grace_end(journey.policy)
        if grace is not None and now < grace:
            return at_risk, None
    else:
        settled = settled_at(journey, progress)
        if settled is not None and now < settled:
            return replace(before, at_risk_since=None), None
    after = Announced(journey.stage_id(target), now.date(), before.changes + 1)
    return after, StageChange(before, after, start, target, now.date())


def half_told(journey: Journey, before: Record) -> StageChange | None:
    """The change that comments tell of and the record does not: the outside may not have heard of it."""
    behind, told = before.behind, before.announced
    start, target = (journey.position(behind.stage) if behind else None), journey.position(told.stage)
    if behind is None or start is None or target is None:
        return None
    return StageChange(behind, told, start, target, told.since)
