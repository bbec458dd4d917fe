"""The export of a partner as a page to read, and the last comment of the epic.

The trap: what people wrote. It stands in indented blocks, where GitLab renders nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.journey import markers
from app.journey.text import as_typed, code, plain

_SHOWN = 4_000
"""Characters of one text at most: GitLab stops to render a file that is too long. JSON has all of it."""


def export_page(found: Mapping[str, Any], json_name: str) -> str:
    """The whole page. `found`: what `export.export_of` gives; `json_name`: the file that holds all of it."""
    partner = found["partner"]
    lines = [
        f"# {plain(partner['name'])}",
        "",
        f"{plain(found['journey']['title'])} · {partner['category']} · {plain(partner['region'])}",
        "",
        f"Left in {plain(found['stage_title'])}, {found['percent']} % done. All details are in `{json_name}`.",
        "",
        "## Stage changes",
        "",
        *([f"- {change['at'].date().isoformat()}: {plain(change['stage'])}" for change in found["stage_changes"]]
          or ["None."]),
        "",
        "## Capabilities",
        "",
        "| Stage | Capability | State | Closed | By | Confirmed by |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(each) for each in found["capabilities"]),
    ]  # fmt: skip
    for each in (*found["capabilities"], *found["other_issues"]):
        if each["iid"] is not None and (each["written"] or each["comments"]):
            lines += ["", *_issue(each)]
    lines += [
        "", "## What to do next", "",
        "Nothing. To take the partner up again see docs/operate.md, \"When a partner leaves\".",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _row(each: Mapping[str, Any]) -> str:
    closed = each["closed_at"].date().isoformat() if each["closed_at"] else ""
    title = plain(each["title"])
    linked = f"[{title}]({each['url']})" if each["url"] else title
    by, confirmed = (code(name) if name else "" for name in (each["closed_by"], each["confirmed_by"]))
    return f"| {plain(each['stage'])} | {linked} | {each['state']} | {closed} | {by} | {confirmed} |"


def _issue(each: Mapping[str, Any]) -> list[str]:
    lines = [f"## #{each['iid']} {plain(each['title'])}"]
    if each["written"]:
        lines += ["", "Written into the issue:", "", _as_typed(each["written"])]
    for note in each["comments"]:
        lines += ["", f"{code(note['author'])}, {note['at'].date().isoformat()}:", "", _as_typed(note["text"])]
    return lines


def _as_typed(text: str) -> str:
    more = "\n    …" if len(text) > _SHOWN else ""
    return as_typed(text[:_SHOWN]) + more


def archive_commit(slug: str) -> str:
    return f"Archive partner {slug}"


def export_commit(slug: str) -> str:
    return f"Keep the export of partner {slug}"


def left_mark(changes: int) -> str:
    """Identifies the last comment; who comes back and leaves again is told again when there was a change meanwhile."""
    return f"left/{changes}"


def left_comment(name: str, *, mark: str, export_url: str, project_url: str | None) -> str:
    """The last comment in the epic, for solution architects. `name`: of the partner."""
    project = (
        f"- The [project]({project_url}) is archived: read-only, its issues locked as they were.\n"
        "- Its webhook is removed, and so are its members who do not belong to the group.\n"
        if project_url
        else "- There was no project.\n"
    )
    return (
        f"{markers.mark('comment', mark)}\n"
        f"**{plain(name)} has left the journey.** What was done:\n\n"
        "- The partner's file is among the archived ones, so the bot does nothing for this partner any more.\n"
        f"{project}"
        f"- Capabilities, evidence, comments and stage changes are kept in the [export]({export_url}).\n\n"
        "**Next:** nothing. To take the partner up again, move the file back and unarchive the project."
    )
