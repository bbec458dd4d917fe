"""A standing from one observation: what was announced, what is done, what comes next.

The trap: asking people for what nobody can begin. A review, or what waits for the wins of practices, is told only once
it has come up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from app.journey import prose
from app.journey.capability_state import CapabilityProgress
from app.journey.items import status_issue
from app.journey.model import Journey, Partner
from app.journey.observed import Observed
from app.journey.progress import PracticeProgress, Progress, StageProgress, measure
from app.journey.prose import owner_of, reasons
from app.journey.recall import read_record, stage_change
from app.journey.record import Announced, Record
from app.journey.standing.value import (
    CapabilityStanding,
    People,
    PracticeStanding,
    StageChanged,
    StageStanding,
    Standing,
)


def standing(
    journey: Journey, partner: Partner, observed: Observed, now: datetime, *, progress: Progress | None = None
) -> Standing:
    """Builds the standing of one partner from one observation. `progress`: from who has measured it already."""
    progress = progress or measure(journey, partner, observed, now)
    record = read_record(journey, observed) or Record(Announced(journey.stages[0].id, now.date()))
    told = record.announced
    current = _stage_at(progress, journey.position(told.stage))
    page, item, project = status_issue(observed), observed.portfolio_item, observed.project
    capabilities = [_capability(i, partner) for i in progress.items]
    practices = [_practice(p, record, journey, now) for p in progress.practices.values()]
    found = Standing(
        slug=partner.slug, name=partner.name, category=partner.category, region=partner.region,
        people=_people(partner),
        stage=told.stage, stage_title=_title(current), since=told.since if project else None,
        percent=_percent(current, practices), complete=current is None,
        at_risk_until=_at_risk_until(told, journey), stages=[_stage(s) for s in progress.stages],
        next=[c.task(c.why) for c in _next(told, progress, capabilities, practices)], stuck=[],
        waived=[reasons.not_done(i.capability.id, i.why) for i in progress.items if i.state == "waived"],
        skipped=[reasons.not_done(s.capability, s.reason) for s in partner.skip],
        capabilities=capabilities, practices=practices,
        changes=_changes(journey, observed, "stage"), practice_changes=_practice_changes(journey, observed),
        started_at=page.created_at if page else None, stalled_days=journey.policy.stalled_days,
        degraded=prose.degraded(observed.place), hook=project.hook.alert if project and project.hook else None,
        project_url=project.url if project else None, board_url=_board_url(observed),
        status_url=page.url if page else None, portfolio_url=item.url if item else None,
    )  # fmt: skip
    return found.at(now)


def _stage_at(run: Progress, position: int | None) -> StageProgress | None:
    """None after the last stage."""
    index = position or 0
    return run.stages[index] if index < len(run.stages) else None


def _title(stage: StageProgress | None) -> str:
    return stage.stage.title if stage else reasons.ALL_STAGES_DONE


def _at_risk_until(told: Announced, journey: Journey) -> date | None:
    end = told.grace_end(journey.policy)
    return end.date() if end else None


def _people(partner: Partner) -> People:
    people = partner.people
    return People(lead=people.lead, engineers=list(people.engineers), sa=people.sa, manager=people.manager)


def _percent(current: StageProgress | None, practices: Sequence[PracticeStanding]) -> int:
    """Where the company itself has nothing to do in its stage, that of its furthest practice there."""
    if current is None:
        return 100
    there = [p.percent for p in practices if p.stage == current.stage.id and not current.required]
    return max(there, default=current.percent)


def _next(
    told: Announced,
    progress: Progress,
    capabilities: Sequence[CapabilityStanding],
    practices: Sequence[PracticeStanding],
) -> list[CapabilityStanding]:
    """What can be done now, the required first: of the present stages, and what wins have brought up in any stage."""
    here = {(None, told.stage), *((p.id, p.stage) for p in practices)}
    dormant = {i.capability.id for i in progress.items if i.dormant}
    risen = {i.capability.id for i in progress.items if i.capability.after_wins and i.issue is not None}
    ahead = [
        c
        for c in capabilities
        if (c.practice, c.stage) in here and c.state in ("open", "not started") and c.capability not in dormant
    ]
    ahead += [c for c in capabilities if c.capability in risen and c not in ahead and c.state == "open"]
    return sorted(ahead, key=lambda c: (not c.required, c.due or date.max))


def _stage(found: StageProgress) -> StageStanding:
    return StageStanding(
        id=found.stage.id,
        title=found.stage.title,
        done=sum(i.counts for i in found.required),
        required=len(found.required),
        percent=found.percent,
    )


def _practice(found: PracticeProgress, record: Record, journey: Journey, now: datetime) -> PracticeStanding:
    practice, told = found.practice, record.of_practice(found.practice, now.date())
    current = _stage_at(found.run, practice.journey.position(told.stage))
    return PracticeStanding(
        id=practice.id,
        lead=practice.lead,
        champion=practice.champion,
        stage=told.stage,
        stage_title=_title(current),
        since=told.since,
        percent=current.percent if current else 100,
        joint_win=found.won,
        unlocked=found.unlocked,
        at_risk_until=_at_risk_until(told, journey),
        stages=[_stage(s) for s in found.run.stages],
    )


def _capability(item: CapabilityProgress, partner: Partner) -> CapabilityStanding:
    issue = item.issue
    confirmed = item.state == "done" and item.judgement.by is not None
    return CapabilityStanding(
        capability=item.capability.id,
        title=item.capability.shared_title,
        stage=item.capability.stage,
        practice=item.capability.practice,
        required=item.required,
        who=list(issue.assignees) if issue and issue.assignees else [owner_of(item.capability, partner)],
        due=issue.due if issue else None,
        url=issue.url if issue else None,
        why=item.why,
        state=item.state,
        counts=item.counts,
        verify=item.capability.verify == "sa",
        owner=item.capability.owner,
        opened_at=issue.created_at if issue else None,
        closed_at=issue.closed_at if issue else None,
        touched_at=issue.updated_at if issue else None,
        waiting_since=item.waiting_since,
        waited=item.judgement.waited,
        confirmed_at=item.judgement.decided if confirmed else None,
        confirmed_by=item.judgement.by if confirmed else None,
        valid_until=item.judgement.valid_until,
        waived_until=item.waiver.until if item.state == "waived" and item.waiver else None,
        needs=item.capability.needs,
    )


def _practice_changes(journey: Journey, observed: Observed) -> list[StageChanged]:
    return [
        change.model_copy(update={"practice": p.id})
        for p in journey.practices
        for change in _changes(p.journey, observed, f"practice/{p.id}")
    ]


def _changes(journey: Journey, observed: Observed, kind: str) -> list[StageChanged]:
    """The announced changes; a comment that was told twice counts once, at its first time."""
    notes = observed.project.status_notes if observed.project else ()
    found: dict[int, StageChanged] = {}
    for note in sorted(notes, key=lambda n: n.created_at):
        told = stage_change(note.body, kind) if note.by_bot else None
        if told is not None and journey.position(told[1]) is not None:
            number = int(told[0])
            found.setdefault(number, StageChanged(number=number, stage=told[1], at=note.created_at))
    return [found[number] for number in sorted(found)]


def _board_url(observed: Observed) -> str | None:
    project = observed.project
    if project is None or not project.boards:
        return None
    return f"{project.url}/-/boards/{project.boards[0].id.rsplit('/', 1)[-1]}"
