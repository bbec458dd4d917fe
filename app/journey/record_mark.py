"""The record as it is kept: JSON in a hidden mark, only what differs from nothing, so that it stays small.

The trap: a person who edits it by hand. What cannot be read is no record, and is read back from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

from app.journey import markers
from app.journey.record import Announced, CommandWaiver, Judgement, Record


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


def parse_record(state: Mapping[str, Any]) -> Record | None:
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
