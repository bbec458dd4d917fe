"""Where a partner stands, computed from all of its issues every time, and why.

The trap: "advance because an event came". A stage is never counted up; it is what the issues, waivers and the date
say now. Closed is not done: moved, duplicate and "won't do" close an issue as well, and do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from app.journey import markers
from app.journey.model import COMPLETE, Capability, Journey, Partner, Stage, Waiver
from app.journey.observed import Issue, Observed
from app.journey.text import title

State = Literal["open", "done", "waived", "dropped", "not started"]


@dataclass(frozen=True)
class CapabilityProgress:
    """State of one capability; `why` is a sentence for people. `doubles` are further issues with the same mark."""

    capability: Capability
    state: State
    why: str
    issue: Issue | None = None
    doubles: tuple[Issue, ...] = ()
    waiver: Waiver | None = None

    @property
    def counts(self) -> bool:
        return self.state in ("done", "waived")


@dataclass(frozen=True)
class StageProgress:
    stage: Stage
    items: tuple[CapabilityProgress, ...]

    @property
    def required(self) -> tuple[CapabilityProgress, ...]:
        return tuple(item for item in self.items if item.capability.required)

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
class Announced:
    """What the bot has told people so far; kept in the portfolio item, which only SAs can see and edit."""

    stage: str
    since: date
    changes: int = 0
    at_risk_since: datetime | None = None


@dataclass(frozen=True)
class Progress:
    """The whole picture of one partner. `position` counts stages; `len(stages)` means complete."""

    stages: tuple[StageProgress, ...]
    position: int
    last_change: datetime | None

    @property
    def items(self) -> tuple[CapabilityProgress, ...]:
        return tuple(item for stage in self.stages for item in stage.items)

    @property
    def complete(self) -> bool:
        return self.position == len(self.stages)

    def item(self, capability_id: str) -> CapabilityProgress | None:
        return next((item for item in self.items if item.capability.id == capability_id), None)


def measure(journey: Journey, partner: Partner, observed: Observed, now: datetime) -> Progress:
    """Computes the state of every capability and the stage that follows from them."""
    found = issues_by_capability(journey, observed.project.issues if observed.project else ())
    waivers = {w.capability: w for w in partner.waivers if now.date() <= w.until}
    stages = tuple(
        StageProgress(stage, tuple(_measure(c, found.get(c.id, ()), waivers.get(c.id)) for c in stage.capabilities))
        for stage in journey.stages
    )
    position = next((index for index, stage in enumerate(stages) if not stage.complete), len(stages))
    closings = [i.issue.closed_at for s in stages for i in s.required if i.counts and i.issue and i.issue.closed_at]
    return Progress(stages, position, max(closings, default=None))


def issues_by_capability(journey: Journey, issues: tuple[Issue, ...]) -> dict[str, tuple[Issue, ...]]:
    """The bot's issues of each capability, oldest first. A lost mark is forgiven where the title still fits.

    A double that was closed by the bot is not among them: being closed, it would count as done.
    """
    titles = {title(c.title): c.id for c in journey.capabilities}
    found: dict[str, list[Issue]] = {}
    for issue in sorted(issues, key=lambda i: i.iid):
        if issue.by_bot and markers.find("double", issue.description) is None:
            name = markers.find("capability", issue.description) or titles.get(issue.title)
            if name is not None:
                found.setdefault(name, []).append(issue)
    return {name: tuple(group) for name, group in found.items()}


def status_issues(observed: Observed) -> tuple[Issue, ...]:
    """The bot's issues with the status mark, oldest first: the partner's status page, and doubles of it."""
    issues = observed.project.issues if observed.project else ()
    pages = [i for i in issues if i.by_bot and markers.find("page", i.description) == "status"]
    return tuple(sorted(pages, key=lambda i: i.iid))


def status_issue(observed: Observed) -> Issue | None:
    """The partner's status page: the oldest one."""
    return next(iter(status_issues(observed)), None)


def announced(journey: Journey, observed: Observed) -> Announced | None:
    """What was announced last, or None before the first time. A lost record is read back from comments and labels.

    When a licence ends, a tracker issue takes over from the epic, and the epic from it when one starts: of two records
    the newer one counts. A closed item has slept meanwhile, so what the comments tell may be newer than its record.
    """
    item, stand_in = observed.portfolio_item, observed.stand_in
    kept = [_record(journey, each.description) for each in (item, stand_in) if each is not None]
    if item is not None and item.state == "closed":
        kept.append(_announced_from_comments(journey, observed))
    newest = max((each for each in kept if each is not None), key=lambda each: each.changes, default=None)
    return newest or _announced_from_comments(journey, observed) or _announced_from_label(journey, observed)


def _record(journey: Journey, text: str) -> Announced | None:
    """The record in a text; None where there is none, or somebody edited it by hand."""
    state = markers.find_state(text)
    if state is None:
        return None
    try:
        kept = Announced(
            str(state["stage"]),
            date.fromisoformat(str(state["since"])),
            int(state["changes"]),
            datetime.fromisoformat(str(state["at_risk_since"])) if state.get("at_risk_since") else None,
        )
    except (KeyError, ValueError, TypeError):
        return None
    return kept if journey.position(kept.stage) is not None else None


def _announced_from_comments(journey: Journey, observed: Observed) -> Announced | None:
    notes = [*(observed.project.status_notes if observed.project else ())]
    notes += observed.portfolio_item.notes if observed.portfolio_item else ()
    told = [(key, n.created_at) for n in notes if n.by_bot and (key := _stage_change(n.body))]
    known = [(int(n), stage, at) for (n, stage), at in told if journey.position(stage) is not None]
    if not known:
        return None
    number, stage, at = max(known)
    return Announced(stage, at.date(), number)


def _announced_from_label(journey: Journey, observed: Observed) -> Announced | None:
    item, page = observed.portfolio_item, status_issue(observed)
    if item is None or page is None:
        return None
    labelled = [s for s in (*(stage.id for stage in journey.stages), COMPLETE) if f"stage::{s}" in item.labels]
    stage = labelled[0] if len(labelled) == 1 else journey.stages[0].id
    return Announced(stage, page.created_at.date(), 0)


def _stage_change(body: str) -> tuple[str, str] | None:
    """Number and stage of the change that a comment told about, from its mark `stage/<number>/<stage>`."""
    parts = (markers.find("comment", body) or "").split("/")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "stage" and parts[1].isdigit() else None


def settled_at(journey: Journey, progress: Progress) -> datetime | None:
    """When the last closing is old enough to be spoken about; None where nothing was closed."""
    if progress.last_change is None:
        return None
    return progress.last_change + timedelta(minutes=journey.policy.settle_minutes)


def _measure(capability: Capability, issues: tuple[Issue, ...], waiver: Waiver | None) -> CapabilityProgress:
    issue = min(issues, key=lambda i: (not _done(i), i.state == "closed", i.iid), default=None)
    doubles = tuple(i for i in issues if i is not issue)
    if issue is not None and _done(issue):
        return CapabilityProgress(capability, "done", "closed as done", issue, doubles)
    if waiver is not None:
        why = f"waived until {waiver.until.isoformat()} by {waiver.by}: {waiver.reason}"
        return CapabilityProgress(capability, "waived", why, issue, doubles, waiver)
    if issue is None:
        return CapabilityProgress(capability, "not started", "its issue opens with its stage")
    if issue.state == "closed":
        how = "moved" if issue.moved else "a duplicate" if issue.duplicate else "not to be done"
        return CapabilityProgress(capability, "dropped", f"closed as {how}, which does not count", issue, doubles)
    return CapabilityProgress(capability, "open", "its issue is open", issue, doubles)


def _done(issue: Issue) -> bool:
    return issue.state == "closed" and not (issue.moved or issue.duplicate or issue.canceled)
