"""The record found again in what GitLab shows: in the portfolio item, or after a loss in comments and labels.

The trap: telling people again what they know, because the one place that remembers it was emptied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from app.journey import markers
from app.journey.items import status_issue
from app.journey.model import COMPLETE, Journey, Practice
from app.journey.observed import Note, Observed
from app.journey.record import Announced, Record
from app.journey.record_mark import parse_record


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
    record = parse_record(state) if state is not None else None
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
