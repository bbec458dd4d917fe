"""One partner's standing in plain words, for the API, `partner show` and the demo; same source as the status page.

Only this view may depend on today's date (overdue, stalled): it is never written into GitLab.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pydantic import BaseModel, Field

from app.journey.model import Journey, Partner
from app.journey.observed import Observed
from app.journey.progress import Announced, CapabilityProgress, Progress, announced, measure, status_issue
from app.journey.prose import owner_of


class Task(BaseModel):
    """A capability that does not count yet."""

    capability: str
    title: str
    required: bool
    who: list[str] = Field(description="usernames: the assignees, else who owns it")
    due: date | None = None
    url: str | None = None
    why: str = Field(description="why it does not count")


class StageStanding(BaseModel):
    id: str
    title: str
    done: int = Field(description="required capabilities that count")
    required: int
    percent: int


class Standing(BaseModel):
    """Where a partner is, what is next, and what is stuck and why."""

    slug: str
    name: str
    category: str
    region: str
    stage: str = Field(description="id of the announced stage, or `complete`")
    stage_title: str
    since: date | None
    percent: int
    complete: bool
    at_risk_until: date | None = None
    stages: list[StageStanding]
    next: list[Task]
    stuck: list[Task]
    waived: list[str]
    skipped: list[str]
    pending_changes: int = Field(0, description="what the next reconcile would do")
    project_url: str | None = None
    status_url: str | None = None
    portfolio_url: str | None = None


def standing(journey: Journey, partner: Partner, observed: Observed, now: datetime) -> Standing:
    """Builds the standing of one partner from one observation."""
    progress = measure(journey, partner, observed, now)
    told = announced(journey, observed) or Announced(journey.stages[0].id, now.date())
    position = journey.position(told.stage) or 0
    current = progress.stages[position] if position < len(progress.stages) else None
    page, item = status_issue(observed), observed.portfolio_item
    open_items = [i for i in (current.items if current else ()) if not i.counts]
    open_items.sort(key=lambda i: (not i.capability.required, (i.issue and i.issue.due) or date.max))
    grace = told.at_risk_since
    return Standing(
        slug=partner.slug,
        name=partner.name,
        category=partner.category,
        region=partner.region,
        stage=told.stage,
        stage_title=current.stage.title if current else "Complete",
        since=told.since if observed.project else None,
        percent=current.percent if current else 100,
        complete=current is None,
        at_risk_until=(grace + timedelta(days=journey.policy.grace_days)).date() if grace else None,
        stages=[
            StageStanding(
                id=s.stage.id,
                title=s.stage.title,
                done=sum(i.counts for i in s.required),
                required=len(s.required),
                percent=s.percent,
            )
            for s in progress.stages
        ],
        next=[_task(i, partner, i.why) for i in open_items if i.state in ("open", "not started")],
        stuck=_stuck(journey, partner, progress, position, now),
        waived=[f"{i.capability.id}: {i.why}" for i in progress.items if i.state == "waived"],
        skipped=[f"{s.capability}: {s.reason}" for s in partner.skip],
        project_url=observed.project.url if observed.project else None,
        status_url=page.url if page else None,
        portfolio_url=item.url if item else None,
    )


def _stuck(journey: Journey, partner: Partner, progress: Progress, position: int, now: datetime) -> list[Task]:
    """What a person must look at: dropped, reopened, overdue, or nothing touched for too long."""
    found: list[Task] = []
    for index, stage in enumerate(progress.stages[: position + 1]):
        for item in stage.items:
            issue = item.issue
            if item.counts or issue is None:
                continue
            if item.state == "dropped":
                found.append(_task(item, partner, f"{item.why}: reopen it, or waive it with a reason"))
            elif index < position and item.capability.required:
                found.append(_task(item, partner, f"open again although {stage.stage.title} was reached"))
            elif issue.due is not None and issue.due < now.date():
                found.append(_task(item, partner, f"overdue since {issue.due.isoformat()}"))
            elif now - issue.updated_at > timedelta(days=journey.policy.stalled_days):
                quiet = issue.updated_at.date().isoformat()
                found.append(_task(item, partner, f"untouched since {quiet}"))
    return found


def _task(item: CapabilityProgress, partner: Partner, why: str) -> Task:
    issue = item.issue
    return Task(
        capability=item.capability.id,
        title=item.capability.title,
        required=item.capability.required,
        who=list(issue.assignees) if issue and issue.assignees else [owner_of(item.capability, partner)],
        due=issue.due if issue else None,
        url=issue.url if issue else None,
        why=why,
    )
