"""Everything about one partner as files for people and machines: what is kept when the partner leaves.

The same observation gives the same texts: no time of the look is in them. The trap: an export that only our own
program can read. JSON holds all of it, CSV one line for each capability, Markdown is for reading.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.journey import evidence, markers
from app.journey.capability_state import CapabilityProgress
from app.journey.leaving import archived_path
from app.journey.model import Journey, Partner
from app.journey.observed import Issue, Note, Observed
from app.journey.progress import assess
from app.journey.prose.export import export_page
from app.journey.standing import standing
from app.journey.tables import exported, table

COLUMNS = (
    "stage", "capability", "title", "required", "state", "counts", "why", "opened_at", "due", "closed_at", "closed_by",
    "confirmed_by", "valid_until", "waived_until", "waiver_reason", "assignees", "evidence", "answer", "comment_count",
    "url",
)  # fmt: skip
_CELL = 32_000
"""Characters of a cell at most; spreadsheets take 32,767."""


def export_of(
    journey: Journey, partner: Partner, observed: Observed, closers: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """The whole of it as plain values. `closers`: issue id -> username of who closed it last.

    `observed` must hold the comments of all issues.
    """
    progress = assess(journey, partner, observed, now).progress
    seen = standing(journey, partner, observed, now)
    comments = observed.project.comments if observed.project else {}
    ours = {item.issue.id for item in progress.items if item.issue}
    others = [i for i in observed.project.issues if i.id not in ours] if observed.project else []
    return {
        "partner": partner.model_dump(mode="json"),
        "journey": {"id": journey.id, "version": journey.version, "title": journey.title},
        "stage": seen.stage,
        "stage_title": seen.stage_title,
        "since": seen.since,
        "percent": seen.percent,
        "stage_changes": [{"stage": c.stage, "at": c.at} for c in seen.changes],
        "capabilities": [_capability(item, comments, closers) for item in progress.items],
        "other_issues": [_issue(issue, comments, closers) for issue in sorted(others, key=lambda i: i.iid)],
        "project_url": seen.project_url,
        "portfolio_url": seen.portfolio_url,
    }


def export_files(found: Mapping[str, Any], slug: str) -> dict[str, str]:
    """Path in the control project -> text, for JSON, CSV and Markdown."""
    rows = [{**row, **_cut(row), "comment_count": len(row["comments"])} for row in found["capabilities"]]
    return {
        archived_path(slug, "json"): json.dumps(found, default=_json, ensure_ascii=False, indent=2) + "\n",
        archived_path(slug, "csv"): exported(table("capabilities", COLUMNS, rows), "csv"),
        archived_path(slug, "md"): export_page(found, archived_path(slug, "json").rpartition("/")[2]),
    }


def _capability(
    item: CapabilityProgress, comments: Mapping[str, tuple[Note, ...]], closers: Mapping[str, str]
) -> dict[str, Any]:
    issue, judgement = item.issue, item.judgement
    text = issue.description if issue else ""
    return (_issue(issue, comments, closers) if issue else _NO_ISSUE) | {
        "stage": item.capability.stage,
        "capability": item.capability.id,
        "title": item.capability.shared_title,
        "required": item.capability.required,
        "state": item.state,
        "counts": item.counts,
        "why": item.why,
        "confirmed_by": judgement.by,
        "valid_until": judgement.valid_until,
        "waived_until": item.waiver.until if item.waiver else None,
        "waiver_reason": item.waiver.reason if item.waiver else None,
        "evidence": evidence.block(text, item.capability.form.evidence),
        "answer": evidence.block(text, item.capability.form.answer),
    }


_NO_ISSUE: dict[str, Any] = {
    "iid": None, "url": None, "opened_at": None, "due": None, "closed_at": None, "closed_by": None, "assignees": [],
    "written": "", "comments": [],
}  # fmt: skip


def _issue(issue: Issue, comments: Mapping[str, tuple[Note, ...]], closers: Mapping[str, str]) -> dict[str, Any]:
    closed = issue.state == "closed"
    notes = sorted(comments.get(issue.id, ()), key=lambda n: n.number)
    return {
        "iid": issue.iid,
        "title": issue.title,
        "url": issue.url,
        "opened_at": issue.created_at,
        "due": issue.due,
        "closed_at": issue.closed_at if closed else None,
        "closed_by": closers.get(issue.id) if closed else None,
        "assignees": list(issue.assignees),
        "written": markers.without_section(issue.description).strip(),
        "comments": [{"author": n.author, "at": n.created_at, "by_bot": n.by_bot, "text": n.body} for n in notes],
    }


def _cut(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: row[name][:_CELL] for name in ("evidence", "answer")}


def _json(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"an export holds no {type(value).__name__}")
