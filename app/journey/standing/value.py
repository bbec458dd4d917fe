"""One partner's standing in plain words, for the pages, the API, `partner show` and the demo.

Same source as the status page. Only this view may depend on today's date (overdue, untouched): it is never written into
GitLab. The trap: a standing that is kept for a while goes on telling what was true then. So it holds facts with their
dates, and `at` tells them anew for another moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from pydantic import BaseModel, Field

from app.journey.prose import reasons

WAITS_LONG = timedelta(days=7)
"""From then on what waits to be confirmed is stuck."""


class Task(BaseModel):
    """A capability that does not count yet."""

    capability: str
    title: str
    required: bool
    who: list[str] = Field(description="usernames: the assignees, else who owns it")
    due: date | None = None
    url: str | None = None
    why: str = Field(description="why it does not count")


class CapabilityStanding(Task):
    """One capability, whatever its state, with the moments from which everything else is told."""

    stage: str
    state: str
    counts: bool
    verify: bool = Field(description="a solution architect confirms it before it counts")
    owner: str = Field(description="role that does the work: partner, sa or manager")
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    touched_at: datetime | None = None
    waiting_since: datetime | None = Field(None, description="since when the solution architect is asked to confirm it")
    waited: int = Field(0, description="seconds that earlier closings waited for the SA until they were sent back")
    confirmed_at: datetime | None = Field(None, description="when the solution architect confirmed it")
    confirmed_by: str | None = None
    valid_until: date | None = None
    waived_until: date | None = None
    needs: dict[str, int] = Field({}, description="of a certification: people or courses, e.g. pse: 3")
    practice: str | None = Field(None, description="the practice that it belongs to; none: the company's")

    def task(self, why: str) -> Task:
        """The same as something to do, and why."""
        return Task(**{name: getattr(self, name) for name in Task.model_fields} | {"why": why})


class StageStanding(BaseModel):
    id: str
    title: str
    done: int = Field(description="required capabilities that count")
    required: int
    percent: int


class PracticeStanding(BaseModel):
    """Where one practice of a global system integrator is."""

    id: str
    lead: str
    champion: str | None = None
    stage: str = Field(description="id of the announced stage, or `complete`")
    stage_title: str
    since: date | None = None
    percent: int
    joint_win: bool = Field(description="a solution architect has verified its joint win")
    unlocked: bool = Field(description="its later stages are open: the joint win counts, or is waived")
    at_risk_until: date | None = None
    stages: list[StageStanding] = []

    @property
    def position(self) -> int:
        """Index of the announced stage; the number of stages when all are done."""
        return index_of(self.stages, self.stage)


class StageChanged(BaseModel):
    """One announced change of stage, read from the mark of its comment."""

    number: int
    stage: str
    at: datetime
    practice: str | None = None


class People(BaseModel):
    """GitLab usernames."""

    lead: str
    engineers: list[str] = []
    sa: str
    manager: str | None = None


class Standing(BaseModel):
    """Where a partner is, what is next, and what is stuck and why."""

    slug: str
    name: str
    category: str
    region: str
    people: People
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
    capabilities: list[CapabilityStanding] = []
    practices: list[PracticeStanding] = Field([], description="the runs of the partner's practices, if it has any")
    changes: list[StageChanged] = Field([], description="announced changes of stage, oldest first")
    practice_changes: list[StageChanged] = Field([], description="the same of its practices")
    started_at: datetime | None = Field(None, description="when the partner's status page was made")
    stalled_days: int = Field(21, description="untouched for so long counts as stalled")
    degraded: list[str] = Field([], description="what GitLab's licence lacks, and what stands in for it")
    pending_changes: int = Field(0, description="what the next reconcile would do")
    hook: str | None = Field(None, description="state of the webhook: executable, temporarily_disabled or disabled")
    project_url: str | None = None
    board_url: str | None = None
    status_url: str | None = None
    portfolio_url: str | None = None

    def at(self, now: datetime) -> Standing:
        """The same facts as they look at another moment: what is overdue or untouched by then is stuck."""
        return self.model_copy(update={"stuck": [item.task(why) for item, why in stuck_items(self, now)]})

    @property
    def position(self) -> int:
        """Index of the announced stage; the number of stages when all are done."""
        return index_of(self.stages, self.stage)

    def path_of(self, item: CapabilityStanding) -> tuple[list[StageStanding], int]:
        """The stages that the capability belongs to, the company's or a practice's, and where that run is."""
        run = next((p for p in self.practices if p.id == item.practice), self)
        return run.stages, run.position


def index_of(stages: list[StageStanding], stage: str) -> int:
    ids = [each.id for each in stages]
    return ids.index(stage) if stage in ids else len(ids)


def stuck_items(standing: Standing, now: datetime) -> Iterator[tuple[CapabilityStanding, str]]:
    """What a person must look at and why: dropped, reopened, overdue, or nothing touched for too long."""
    for item in standing.capabilities:
        stages, position = standing.path_of(item)
        index = index_of(stages, item.stage)
        if index > position or item.counts or item.url is None:
            continue
        if item.state == "dropped":
            yield item, reasons.dropped(item.why)
        elif index < position and item.required:
            yield item, reasons.open_again(stages[index].title)
        elif item.waiting_since is not None:  # our side is late, if anybody is
            if now - item.waiting_since > WAITS_LONG:
                yield item, reasons.waits_for_architect(item.waiting_since.date())
        elif item.due is not None and item.due < now.date():
            yield item, reasons.overdue(item.due)
        elif item.touched_at is not None and now - item.touched_at > timedelta(days=standing.stalled_days):
            yield item, reasons.untouched(item.touched_at.date())
