"""What the bot remembers of one partner, kept hidden in the portfolio item that only SAs can see and edit.

Two things cannot be read off GitLab's present state: what people were told, and what was decided about a closing (who
verified it, whether evidence was asked for). Everything else is observed anew each time. The trap: a memory of our own
that disagrees with GitLab. So a judgement names the very closing that it is about; another closing is judged anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from app.journey import markers
from app.journey.model import COMPLETE, Journey, Policy, Practice
from app.journey.observed import Issue, Note, Observed

STATUS_PAGE = "page/status"
"""The name of the status issue, beside the ids of capabilities."""


@dataclass(frozen=True)
class Announced:
    """What the bot has told people so far. `risks`: how often this stage has come to be at risk since then."""

    stage: str
    since: date
    changes: int = 0
    at_risk_since: datetime | None = None
    risks: int = 0

    def grace_end(self, policy: Policy) -> datetime | None:
        """Until when a stage that is at risk is kept; None where none is at risk."""
        return self.at_risk_since + timedelta(days=policy.grace_days) if self.at_risk_since else None


@dataclass(frozen=True)
class CommandWaiver:
    """A waiver given by a comment; `until` is its last day."""

    until: date
    reason: str
    by: str


@dataclass(frozen=True)
class Judgement:
    """What was decided about one capability. Empty until there is something to remember."""

    closing: datetime | None = None  # the closing that was judged
    accepted: bool = False  # it counts: evidence is there, and a gate was passed
    decided: datetime | None = None  # when it was accepted
    by: str | None = None  # the SA who verified it
    asked: bool = False  # evidence was asked for once; the next closing goes to the SA
    questioned: datetime | None = None  # the closing as duplicate, moved or canceled that was asked about
    approved: str | None = None  # the SA who set the label before the closing
    waiver: CommandWaiver | None = None
    answered: int = 0  # highest id of a comment whose command was answered
    valid_until: date | None = None  # counts until then, also while it is renewed
    due: date | None = None  # the due date that the bot set
    blocked: bool = False  # the bot set the label
    assigned: bool = False  # the bot assigned the SA
    was: Judgement | None = None  # before the last command, for undo
    was_closed: bool = False
    waited: int = 0  # seconds that closings waited for the SA which were sent back, or taken back
    new_since: date | None = None  # became required when its stage had begun already, on this day

    @property
    def empty(self) -> bool:
        return self == NOTHING


NOTHING = Judgement()


@dataclass(frozen=True)
class Record:
    """The whole memory. `heard`: comments on issues that changed later than this were not looked at yet."""

    announced: Announced
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    heard: datetime | None = None
    nudged: date | None = None
    known: frozenset[str] | None = None  # ids of what was required at the last look; None: not written down yet
    practices: Mapping[str, Announced] = field(default_factory=dict)
    behind: Announced | None = None  # what a closed tracker issue says where comments tell more; never kept
    complete: bool = True  # False: read back after a loss, or written by a version that judged nothing

    def judgement(self, name: str) -> Judgement:
        return self.judgements.get(name, NOTHING)

    def of_practice(self, practice: Practice, today: date) -> Announced:
        """What people were told of a practice; one that is new begins today."""
        return self.practices.get(practice.id) or Announced(practice.journey.stages[0].id, today)


def read_record(journey: Journey, observed: Observed) -> Record | None:
    """The record, or None before the first time. A lost one is read back from comments and labels.

    When a licence ends, a tracker issue takes over from the epic, and the epic from it when one starts: of two records
    the newer one counts. A closed tracker issue may have slept meanwhile, so what the comments tell may be newer than
    its record. Or a person closed it, and a crash came between a comment and its record: `behind` says so. An epic
    never sleeps, for only people close it: there the change is announced once more, and finds what it has told.
    """
    item, stand_in = observed.portfolio_item, observed.stand_in
    kept = [_kept(journey, each.description) for each in (item, stand_in) if each is not None]
    newest = max((each for each in kept if each is not None), key=lambda each: each.announced.changes, default=None)
    told = _announced_from_comments(journey, observed)
    if newest is not None:
        slept = item is not None and item.state == "closed" and not observed.place.epics
        if slept and told is not None and told.changes > newest.announced.changes:
            newest = replace(newest, announced=told, behind=newest.announced)
        return replace(newest, practices=_known_practices(journey, newest))
    practices = {p.id: told_of for p in journey.practices if (told_of := _practice_from_comments(p, observed))}
    told = told or _announced_from_label(journey, observed)
    return Record(told, practices=practices, complete=False) if told else None


def _known_practices(journey: Journey, record: Record) -> dict[str, Announced]:
    """Without stages that are gone. What the partner file no longer names is kept, for it may come back."""
    present = {p.id: p for p in journey.practices}
    return {
        name: told
        for name, told in record.practices.items()
        if name not in present or present[name].journey.position(told.stage) is not None
    }


def at_rest(journey: Journey, practices: Mapping[str, Announced]) -> dict[str, Announced]:
    """Of the practices that the partner file no longer names; no grace period goes on for them."""
    present = {p.id for p in journey.practices}
    return {name: replace(told, at_risk_since=None) for name, told in practices.items() if name not in present}


def record_before(journey: Journey, observed: Observed, today: date) -> Record:
    """What a reconcile starts from: the record, or that of a partner who begins today.

    A partner whose issues are there but whose record is not has lost it, as when a licence ends.
    """
    record = read_record(journey, observed)
    if record is None:
        begun = status_issue(observed) is not None
        return Record(Announced(journey.stages[0].id, today), complete=not begun)
    return record


def _kept(journey: Journey, text: str) -> Record | None:
    """The record in a text; None where there is none, or somebody edited it by hand."""
    state = markers.find_state(text)
    record = _parse(state) if state is not None else None
    if record is None or journey.position(record.announced.stage) is None:
        return None
    return _under_present_ids(journey, record)


def _under_present_ids(journey: Journey, record: Record) -> Record:
    """What was judged about a capability stays with it when its id changes."""
    renamed = journey.renamed
    if not renamed:
        return record
    moved = {renamed[name]: judgement for name, judgement in record.judgements.items() if name in renamed}
    kept = {name: judgement for name, judgement in record.judgements.items() if name not in renamed}
    known = None if record.known is None else frozenset(renamed.get(name, name) for name in record.known)
    return replace(record, judgements={**moved, **kept}, known=known)


def record_mark(record: Record) -> str:
    """The hidden mark that keeps a record; its length grows with what was judged, about 150 characters each."""
    state = _dump_announced(record.announced)
    if record.practices:
        state["practices"] = {name: _dump_announced(told) for name, told in sorted(record.practices.items())}
    if record.heard is not None:
        state["heard"] = record.heard.isoformat()
    if record.nudged is not None:
        state["nudged"] = record.nudged.isoformat()
    if record.known is not None:
        state["known"] = sorted(record.known)
    state["judged"] = {name: _dump(j) for name, j in sorted(record.judgements.items()) if not j.empty}
    return markers.state_mark(state)


# --- JSON ---


def _dump_announced(told: Announced) -> dict[str, Any]:
    state: dict[str, Any] = {"stage": told.stage, "since": told.since.isoformat(), "changes": told.changes}
    if told.at_risk_since is not None:
        state["at_risk_since"] = told.at_risk_since.isoformat()
    if told.risks:
        state["risks"] = told.risks
    return state


def _parse_announced(state: Mapping[str, Any]) -> Announced:
    return Announced(
        str(state["stage"]),
        date.fromisoformat(str(state["since"])),
        int(state["changes"]),
        _moment(state.get("at_risk_since")),
        int(state.get("risks", 0)),
    )


def _dump(value: Judgement | CommandWaiver) -> dict[str, Any]:
    """Only what differs from the default, so that the record stays small."""
    found: dict[str, Any] = {}
    for each in fields(value):
        content = getattr(value, each.name)
        if content is None or content is False or content == 0:
            continue
        if each.name == "decided" and content == getattr(value, "closing", None):
            continue  # the closing itself decided it, as most do
        if isinstance(content, Judgement | CommandWaiver):
            content = _dump(content)
        found[each.name] = content.isoformat() if isinstance(content, date) else content
    return found


def _parse(state: Mapping[str, Any]) -> Record | None:
    """None where somebody broke it: it is read back from elsewhere then."""
    try:
        told = _parse_announced(state)
        practices = {str(name): _parse_announced(each) for name, each in dict(state.get("practices", {})).items()}
        judged = {str(name): _judgement(each) for name, each in dict(state.get("judged", {})).items()}
        nudged = _day(state.get("nudged"))
        known = frozenset(map(str, state["known"])) if "known" in state else None
        return Record(told, judged, _moment(state.get("heard")), nudged, known, practices, complete="judged" in state)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _judgement(state: Mapping[str, Any]) -> Judgement:
    waiver, was = state.get("waiver"), state.get("was")
    accepted = bool(state.get("accepted", False))
    return Judgement(
        closing=_moment(state.get("closing")),
        accepted=accepted,
        decided=_moment(state.get("decided") or (state.get("closing") if accepted else None)),
        by=_word(state.get("by")),
        asked=bool(state.get("asked", False)),
        questioned=_moment(state.get("questioned")),
        approved=_word(state.get("approved")),
        waiver=CommandWaiver(_date(waiver["until"]), str(waiver["reason"]), str(waiver["by"])) if waiver else None,
        answered=int(state.get("answered", 0)),
        valid_until=_day(state.get("valid_until")),
        due=_day(state.get("due")),
        blocked=bool(state.get("blocked", False)),
        assigned=bool(state.get("assigned", False)),
        was=replace(_judgement(was), was=None) if was is not None else None,
        was_closed=bool(state.get("was_closed", False)),
        waited=int(state.get("waited", 0)),
        new_since=_day(state.get("new_since")),
    )


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None


def _day(value: Any) -> date | None:
    return _date(value) if value else None


def _date(value: Any) -> date:
    return date.fromisoformat(str(value))


def _word(value: Any) -> str | None:
    return str(value) if value else None


# --- read back after a loss ---


def status_issues(observed: Observed) -> tuple[Issue, ...]:
    """The bot's issues with the status mark, oldest first: the partner's status page, and doubles of it."""
    issues = observed.project.issues if observed.project else ()
    pages = [i for i in issues if i.by_bot and markers.find("page", i.description) == "status"]
    return tuple(sorted(pages, key=lambda i: i.iid))


def status_issue(observed: Observed) -> Issue | None:
    """The partner's status page: the oldest one."""
    return next(iter(status_issues(observed)), None)


def _announced_from_comments(journey: Journey, observed: Observed) -> Announced | None:
    notes = [*(observed.project.status_notes if observed.project else ())]
    notes += observed.portfolio_item.notes if observed.portfolio_item else ()
    return _told_last(journey, notes, "stage")


def _practice_from_comments(practice: Practice, observed: Observed) -> Announced | None:
    notes = observed.project.status_notes if observed.project else ()
    return _told_last(practice.journey, notes, f"practice/{practice.id}")


def _told_last(journey: Journey, notes: Iterable[Note], kind: str) -> Announced | None:
    told = [(key, n.created_at) for n in notes if n.by_bot and (key := stage_change(n.body, kind))]
    known = [(int(n), stage, at) for (n, stage), at in told if journey.position(stage) is not None]
    if not known:
        return None
    number, stage, at = max(known)
    return Announced(stage, at.date(), number)


def _announced_from_label(journey: Journey, observed: Observed) -> Announced | None:
    item, page = observed.portfolio_item, status_issue(observed)
    if item is None or page is None:
        return None
    stages = (*(stage.id for stage in journey.stages), COMPLETE)
    labelled = [[s for s in stages if f"stage::{s}" in each.labels] for each in (item, page)]
    # One of them may have been dragged by a person: the earlier stage gives nothing away that was not announced.
    said = [found[0] for found in labelled if len(found) == 1]
    return Announced(min(said, key=stages.index, default=stages[0]), page.created_at.date(), 0)


def stage_change(body: str, kind: str) -> tuple[str, str] | None:
    """Number and stage of the change that a comment told about, from its mark `<kind>/<number>/<stage>`."""
    mark = markers.find("comment", body) or ""
    parts = mark.removeprefix(f"{kind}/").split("/")
    return (parts[0], parts[1]) if mark.startswith(f"{kind}/") and len(parts) == 2 and parts[0].isdigit() else None
