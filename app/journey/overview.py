"""All partners side by side: rows, filters, funnel, time in stage, and what waits for whom. From standings alone.

The trap: "late" said of the wrong side. A partner whose work waits to be confirmed is not stalled, and the solution
architect's own tasks are not the partner's; both are told apart here once, for every page and table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from app.journey.model import COMPLETE
from app.journey.prose import reasons
from app.journey.standing import CapabilityStanding, Standing, stuck_items


@dataclass(frozen=True)
class Row:
    """One partner in a table. Counts are of the present stage; `waiting_since` is the oldest confirmation asked for."""

    slug: str
    name: str
    category: str
    region: str
    sa: str
    lead: str
    stage: str
    stage_title: str
    percent: int
    since: date | None
    days_in_stage: int | None
    at_risk_until: date | None
    overdue: int
    waiting: int
    waiting_since: datetime | None
    stalled: bool
    stuck: int
    last_activity: datetime | None
    next_due: date | None


@dataclass(frozen=True)
class Filter:
    """What a reader wants to see; empty fields take everybody. `show`: stalled, waiting, risk or parked."""

    category: str = ""
    region: str = ""
    sa: str = ""
    stage: str = ""
    show: str = ""
    text: str = ""

    def takes(self, row: Row, *, parked: bool) -> bool:
        """Whether the row is wanted; `parked`: the bot could not look at this partner."""
        flags = {
            "stalled": row.stalled,
            "waiting": row.waiting > 0,
            "risk": row.at_risk_until is not None,
            "parked": parked,
        }
        word = self.text.strip().casefold()
        return (
            self.category in ("", row.category)
            and self.region in ("", row.region)
            and self.sa in ("", row.sa)
            and self.stage in ("", row.stage)
            and flags.get(self.show, True)
            and (not word or word in row.name.casefold() or word in row.slug)
        )


@dataclass(frozen=True)
class FunnelStep:
    """One stage. `reached`: partners who are or were there; `conversion`: percent of them who went on."""

    stage: str
    title: str
    here: int
    reached: int
    conversion: int | None
    median_days: int | None
    slowest_days: int | None


@dataclass(frozen=True)
class QueueItem:
    """One thing that waits for a person. `kind`: confirm, own task, at risk or stuck."""

    kind: str
    slug: str
    partner: str
    sa: str
    title: str
    why: str
    since: datetime | None
    due: date | None
    url: str | None


def row(standing: Standing, now: datetime) -> Row:
    """The partner's line in the portfolio, as of `now`."""
    here = [c for c in standing.capabilities if c.stage == standing.stage]
    waiting = waiting_for_sa(standing)
    dues = [c.due for c in here if not c.counts and c.due is not None]
    touched = [c.touched_at for c in standing.capabilities if c.touched_at is not None]
    return Row(
        slug=standing.slug,
        name=standing.name,
        category=standing.category,
        region=standing.region,
        sa=standing.people.sa,
        lead=standing.people.lead,
        stage=standing.stage,
        stage_title=standing.stage_title,
        percent=standing.percent,
        since=standing.since,
        days_in_stage=(now.date() - standing.since).days if standing.since else None,
        at_risk_until=standing.at_risk_until,
        overdue=sum(due < now.date() for due in dues),
        waiting=len(waiting),
        waiting_since=min((c.waiting_since for c in waiting if c.waiting_since), default=None),
        stalled=is_stalled(standing, now),
        stuck=sum(1 for _ in stuck_items(standing, now)),
        last_activity=max(touched, default=None),
        next_due=min(dues, default=None),
    )


def waiting_for_sa(standing: Standing) -> list[CapabilityStanding]:
    """Closed by the partner, not yet confirmed; longest waiting first."""
    found = [c for c in standing.capabilities if c.waiting_since is not None]
    return sorted(found, key=lambda c: (c.waiting_since, c.capability))


def is_stalled(standing: Standing, now: datetime) -> bool:
    """Nothing of the present stage was touched for the journey's `stalled_days`, and nothing waits to be confirmed."""
    if standing.complete or waiting_for_sa(standing):
        return False
    touched = last_activity(standing)
    return touched is not None and now - touched > timedelta(days=standing.stalled_days)


def last_activity(standing: Standing) -> datetime | None:
    """When something of the present stage was touched last; None before the first look at its issues."""
    touched = [c.touched_at for c in standing.capabilities if c.stage == standing.stage and c.touched_at is not None]
    return max(touched, default=None)


def funnel(standings: Sequence[Standing], now: datetime) -> list[FunnelStep]:
    """Every stage of the journeys, then `complete`. Time in stage is of all visits, ended or not."""
    order = stages(standings)
    position = {stage: index for index, (stage, _) in enumerate(order)}
    reached = [
        max((position[stage] for stage in (s.stage, *(c.stage for c in s.changes))), default=0) for s in standings
    ]
    visits = [visit for s in standings for visit in visits_of(s, now)]
    steps = []
    for index, (stage, title) in enumerate(order):
        been = sum(furthest >= index for furthest in reached)
        further = sum(furthest > index for furthest in reached)
        days = [visit.days for visit in visits if visit.stage == stage]
        last = index == len(order) - 1
        steps.append(
            FunnelStep(
                stage=stage,
                title=title,
                here=sum(s.stage == stage for s in standings),
                reached=been,
                conversion=None if last or not been else round(100 * further / been),
                median_days=None if last or not days else round(median(days)),
                slowest_days=None if last or not days else max(days),
            )
        )
    return steps


@dataclass(frozen=True)
class Visit:
    """A stay in one stage; `ended` is None while it lasts."""

    stage: str
    began: datetime
    ended: datetime | None
    days: int


def visits_of(standing: Standing, now: datetime) -> list[Visit]:
    """The partner's stays, oldest first, from the comments that announced them; empty before the first look."""
    if standing.started_at is None or not standing.stages:
        return []
    entries = [(standing.stages[0].id, standing.started_at), *((c.stage, c.at) for c in standing.changes)]
    ends = [at for _, at in entries[1:]]
    return [
        Visit(stage, began, ended, ((ended or now) - began).days)
        for (stage, began), ended in zip(entries, [*ends, None], strict=True)
    ]


def stages(standings: Iterable[Standing]) -> list[tuple[str, str]]:
    """(id, title) of the stages in order, then `complete`. Journeys differ in capabilities, hardly in stages."""
    found: dict[str, str] = {}
    for standing in standings:
        for stage in standing.stages:
            found.setdefault(stage.id, stage.title)
    return [*found.items(), (COMPLETE, reasons.ALL_STAGES_DONE)]


def queue_of(standings: Iterable[Standing], now: datetime, sa: str = "") -> list[QueueItem]:
    """What waits for solution architects, or for one of them: confirmations first, the longest waiting on top."""
    found: list[QueueItem] = []
    for standing in standings:
        if sa not in ("", standing.people.sa):
            continue
        found += [_item("confirm", standing, c, _asked_for(c)) for c in waiting_for_sa(standing)]
        found += _own_tasks(standing)
        if standing.at_risk_until is not None:
            why = reasons.steps_back(standing.at_risk_until)
            found.append(_about(standing, "at risk", why, standing.at_risk_until))
        if is_stalled(standing, now):
            found.append(_about(standing, "stuck", reasons.nothing_happened(standing.stalled_days)))
    order = {"confirm": 0, "own task": 1, "at risk": 2, "stuck": 3}
    latest = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda q: (order[q.kind], q.since or latest, q.due or date.max, q.slug, q.title))


def _asked_for(waiting: CapabilityStanding) -> str:
    if waiting.closed_at is None:  # a review, which is the architect's to close
        return waiting.why
    return reasons.CONFIRM_IT


def _own_tasks(standing: Standing) -> list[QueueItem]:
    return [
        _item("own task", standing, c, c.why)
        for c in standing.capabilities
        if c.owner == "sa" and c.stage == standing.stage and not c.counts and c.waiting_since is None
    ]


def _item(kind: str, standing: Standing, c: CapabilityStanding, why: str) -> QueueItem:
    return QueueItem(
        kind, standing.slug, standing.name, standing.people.sa, c.title, why, c.waiting_since, c.due, c.url
    )


def _about(standing: Standing, kind: str, why: str, due: date | None = None) -> QueueItem:
    url = standing.status_url
    return QueueItem(kind, standing.slug, standing.name, standing.people.sa, standing.stage_title, why, None, due, url)
