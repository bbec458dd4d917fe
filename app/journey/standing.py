"""One partner's standing in plain words, for the pages, the API, `partner show` and the demo.

Same source as the status page. Only this view may depend on today's date (overdue, untouched): it is never written into
GitLab. The trap: a standing that is kept for a while goes on telling what was true then. So it holds facts with their
dates, and `at` tells them anew for another moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from pydantic import BaseModel, Field

from app.journey import markers, prose
from app.journey.actions import Plan, PostComment, UpdatePortfolioItem
from app.journey.model import Journey, Partner
from app.journey.observed import Note, Observed
from app.journey.picture import Picture, PictureCapability, PictureStage, practice_step
from app.journey.progress import (
    Announced,
    CapabilityProgress,
    PracticeProgress,
    Progress,
    StageProgress,
    measure,
    status_issue,
)
from app.journey.prose import owner_of
from app.journey.record import Record, read_record, stage_change
from app.journey.text import written

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
        return _index(self.stages, self.stage)


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
        return self.model_copy(update={"stuck": [_task(item, why) for item, why in stuck_items(self, now)]})

    @property
    def position(self) -> int:
        """Index of the announced stage; the number of stages when all are done."""
        return _index(self.stages, self.stage)

    def path_of(self, item: CapabilityStanding) -> tuple[list[StageStanding], int]:
        """The stages that the capability belongs to, the company's or a practice's, and where that run is."""
        run = next((p for p in self.practices if p.id == item.practice), self)
        return run.stages, run.position


def _index(stages: list[StageStanding], stage: str) -> int:
    ids = [each.id for each in stages]
    return ids.index(stage) if stage in ids else len(ids)


def standing(
    journey: Journey, partner: Partner, observed: Observed, now: datetime, *, progress: Progress | None = None
) -> Standing:
    """Builds the standing of one partner from one observation. `progress`: from who has measured it already."""
    progress = progress or measure(journey, partner, observed, now)
    record = read_record(journey, observed) or Record(Announced(journey.stages[0].id, now.date()))
    told = record.announced
    position = journey.position(told.stage) or 0
    current = progress.stages[position] if position < len(progress.stages) else None
    page, item, project = status_issue(observed), observed.portfolio_item, observed.project
    capabilities = [_capability(i, partner) for i in progress.items]
    practices = [_practice(p, record, journey, now) for p in progress.practices.values()]
    percent = max([p.percent for p in practices if current and p.stage == told.stage and not current.required]
                  or [current.percent if current else 100])  # fmt: skip
    here = {(None, told.stage), *((p.id, p.stage) for p in practices)}
    ahead = [c for c in capabilities if (c.practice, c.stage) in here and c.state in ("open", "not started")]
    risen = {i.capability.id for i in progress.items if i.capability.after_wins and i.issue is not None}
    dormant = {i.capability.id for i in progress.items if i.dormant}
    ahead = [c for c in ahead if c.capability not in dormant]
    ahead += [c for c in capabilities if c.capability in risen and c not in ahead and c.state == "open"]
    grace = told.at_risk_since
    found = Standing(
        slug=partner.slug,
        name=partner.name,
        category=partner.category,
        region=partner.region,
        people=People(
            lead=partner.people.lead,
            engineers=list(partner.people.engineers),
            sa=partner.people.sa,
            manager=partner.people.manager,
        ),
        stage=told.stage,
        stage_title=current.stage.title if current else "Complete",
        since=told.since if project else None,
        percent=percent,
        complete=current is None,
        at_risk_until=(grace + timedelta(days=journey.policy.grace_days)).date() if grace else None,
        stages=[_stage(s) for s in progress.stages],
        next=[_task(c, c.why) for c in sorted(ahead, key=lambda c: (not c.required, c.due or date.max))],
        stuck=[],
        waived=[f"{i.capability.id}: {i.why}" for i in progress.items if i.state == "waived"],
        skipped=[f"{s.capability}: {s.reason}" for s in partner.skip],
        capabilities=capabilities,
        practices=practices,
        changes=_changes(journey, project.status_notes if project else (), "stage"),
        practice_changes=[
            change.model_copy(update={"practice": p.id})
            for p in journey.practices
            for change in _changes(p.journey, project.status_notes if project else (), f"practice/{p.id}")
        ],
        started_at=page.created_at if page else None,
        stalled_days=journey.policy.stalled_days,
        degraded=prose.degraded(observed.place),
        hook=project.hook.alert if project and project.hook else None,
        project_url=project.url if project else None,
        board_url=_board_url(observed),
        status_url=page.url if page else None,
        portfolio_url=item.url if item else None,
    )
    return found.at(now)


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
    position, grace = practice.journey.position(told.stage) or 0, told.at_risk_since
    current = found.run.stages[position] if position < len(found.run.stages) else None
    return PracticeStanding(
        id=practice.id,
        lead=practice.lead,
        champion=practice.champion,
        stage=told.stage,
        stage_title=current.stage.title if current else "Complete",
        since=told.since,
        percent=current.percent if current else 100,
        joint_win=found.won,
        unlocked=found.unlocked,
        at_risk_until=(grace + timedelta(days=journey.policy.grace_days)).date() if grace else None,
        stages=[_stage(s) for s in found.run.stages],
    )


def picture(journey: Journey, found: Standing, *, as_of: date | None = None) -> Picture:
    """The map of a kept standing, for pages and the command line: no look at GitLab is needed."""
    stages = (
        PictureStage(
            stage.title,
            stage.goal,
            tuple(
                PictureCapability(c.title, c.state, c.counts, c.required)
                for c in found.capabilities
                if c.stage == stage.id and c.practice is None
            )
            + _runs(found, stage.id),
        )
        for stage in journey.stages
    )
    closings = [c.closed_at.date() for c in found.capabilities if c.counts and c.closed_at]
    return Picture(
        title=journey.title,
        stages=tuple(stages),
        partner=found.name,
        position=found.position,
        last_step=max(closings, default=None),
        as_of=as_of,
        at_risk=found.at_risk_until is not None,
    )


def _runs(found: Standing, stage: str) -> tuple[PictureCapability, ...]:
    """Each practice that walks this stage, as one step of it."""
    index = {p.id: _index(p.stages, stage) for p in found.practices}
    return tuple(practice_step(p.id, index[p.id], p.position) for p in found.practices if index[p.id] < len(p.stages))


def foreseen(observed: Observed, plan: Plan, now: datetime) -> Observed:
    """The observation as it will look once the plan is applied, so far as the standing depends on it.

    That is the record of what was announced, and the comment of a stage change. New issues are left to the next look.
    """
    project, item = observed.project, observed.portfolio_item
    for action in plan.actions:
        if isinstance(action, UpdatePortfolioItem) and action.description is not None and item is not None:
            item = replace(item, description=action.description)
        if isinstance(action, PostComment) and action.where == "status" and project is not None:
            told = Note("", f"{markers.mark('comment', action.mark)}\n", now, by_bot=True)
            project = replace(project, status_notes=(*project.status_notes, told))
    return replace(observed, project=project, portfolio_item=item)


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


def _changes(journey: Journey, notes: Iterable[Note], kind: str) -> list[StageChanged]:
    """The announced changes; a comment that was told twice counts once, at its first time."""
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


def stuck_items(standing: Standing, now: datetime) -> Iterator[tuple[CapabilityStanding, str]]:
    """What a person must look at and why: dropped, reopened, overdue, or nothing touched for too long."""
    for item in standing.capabilities:
        stages, position = standing.path_of(item)
        index = _index(stages, item.stage)
        title = stages[index].title
        if index > position or item.counts or item.url is None:
            continue
        if item.state == "dropped":
            yield item, f"{item.why}: reopen it, or waive it with a reason"
        elif index < position and item.required:
            yield item, f"open again although {title} was reached"
        elif item.waiting_since is not None:  # our side is late, if anybody is
            if now - item.waiting_since > WAITS_LONG:
                yield item, f"waits for the solution architect since {written(item.waiting_since.date())}"
        elif item.due is not None and item.due < now.date():
            yield item, f"overdue since {written(item.due)}"
        elif item.touched_at is not None and now - item.touched_at > timedelta(days=standing.stalled_days):
            yield item, f"untouched since {written(item.touched_at.date())}"


def _task(item: CapabilityStanding, why: str) -> Task:
    return Task(**{name: getattr(item, name) for name in Task.model_fields} | {"why": why})
