"""GitLab's published webhook bodies as something to hold a body against: which fields, which types, which time format.

The documented examples are of different ages: the one of a comment shows an issue as it was in 2015. So where two
kinds carry the same object (an issue, a comment, a project), the newest example of that object counts for both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from published import folder, published_file, read_json

Payload = dict[str, Any]
Shapes = dict[str, set[str]]
"""Path -> what may stand there: a type name, or for a time the pattern of its text."""

SAME_OBJECT = {
    ("note", "issue"): ("issue", "object_attributes"),
    ("note", "object_attributes"): ("emoji", "note"),
    ("note", "project"): ("issue", "project"),
    ("emoji", "issue"): ("issue", "object_attributes"),
    ("emoji", "note"): ("note", "object_attributes"),
    ("work_item", "project"): ("issue", "project"),
    ("work_item", "repository"): ("issue", "repository"),
    ("work_item", "assignees"): ("issue", "assignees"),
}
"""(kind, field) -> (kind, field) whose published fields it may have as well."""
NOT_IN_EXAMPLES = {
    "milestone": {"group", "group.full_path", "group.group_id", "group.group_name", "group.group_path"},
    "push": {"commits[].removed[]"},
}
"""Sent where the published example has nothing of the kind: a group's milestone, a removed file."""
NOT_SENT = {
    "issue": {"assignee", "object_attributes.escalation_policy", "object_attributes.escalation_status"},
    "note": {"commit", "issue.branch_name", "issue.position", "object_attributes.st_diff"},
}
"""Published but not sent: of incidents, of commits, and of examples older than GitLab 16."""
_SAFE_CHANGES = {"author_id", "closed_at", "confidential", "created_at", "description", "discussion_locked", "due_date",
                 "id", "iid", "labels", "assignees", "last_edited_at", "last_edited_by_id", "milestone_id",
                 "project_id", "state_id", "time_estimate", "title", "total_time_spent", "updated_at",
                 "updated_by_id", "weight"}  # fmt: skip
"""What may be listed in `changes` (https://docs.gitlab.com/user/project/integrations/webhook_events/#work-item-events,
and for the times GitLab's lib/gitlab/hook_data/issue_builder.rb)."""


def kind_of(payload: Payload) -> str:
    return str(payload.get("object_kind") or payload["event_name"])


@cache
def published_payloads() -> dict[str, Payload]:
    """File name -> body, of project and group webhooks; skips the test when they are not at hand."""
    published_file("webhooks/manifest.json")
    names = sorted(str(path.relative_to(folder() / "webhooks")) for path in (folder() / "webhooks").glob("*/*.json"))
    return {name: read_json(f"webhooks/{name}") for name in names if not name.startswith("documented/system_")}


def names_for_parameters() -> list[Any]:
    """The file names for `parametrize`; where they are not at hand, one parameter that skips."""
    try:
        return list(published_payloads())
    except pytest.skip.Exception as skipped:
        return [pytest.param("", marks=pytest.mark.skip(reason=str(skipped)))]


@cache
def published_shapes(kind: str) -> Shapes:
    """All that GitLab's examples of a kind show, and what the same objects show elsewhere."""
    found = _own_shapes(kind)
    for (own_kind, field), (other, source) in SAME_OBJECT.items():
        if own_kind == kind:
            for path, kinds in _own_shapes(other).items():
                if path == source or path.startswith((f"{source}.", f"{source}[]")):
                    found.setdefault(field + path.removeprefix(source), set()).update(kinds)
    return found


def _own_shapes(kind: str) -> Shapes:
    shapes: Shapes = {}
    for payload in published_payloads().values():
        if kind_of(payload) == kind:
            collect(payload, shapes)
    return shapes


def collect(payload: Payload, into: Shapes) -> None:
    """Adds the shapes of one body; `changes` is looked at by `change_problems`."""
    for path, value in _walk({key: value for key, value in payload.items() if key != "changes"}):
        into.setdefault(path, set()).add(_shape(path, value))


def _walk(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            place = f"{path}.{key}".lstrip(".")
            yield place, value
            yield from _walk(value, place)
    elif isinstance(node, list):
        for value in node:
            yield f"{path}[]", value
            yield from _walk(value, f"{path}[]")


def _shape(path: str, value: Any) -> str:
    if isinstance(value, str) and re.search(r"(_at|_date|timestamp)$", path):
        return re.sub(r"\d", "9", value)
    return "null" if value is None else type(value).__name__


def problems(payload: Payload) -> Iterator[str]:
    """Fields and types of one body that GitLab's examples do not show. Null may stand anywhere."""
    kind = kind_of(payload)
    known, extra = published_shapes(kind), NOT_IN_EXAMPLES.get(kind, set())
    shapes: Shapes = {}
    collect(payload, shapes)
    for path, found in shapes.items():
        wanted = known.get(path, set()) - {"null"}
        if path not in known and path not in extra:
            yield f"{path} is unknown"
        elif wanted and not found - {"null"} <= wanted:
            yield f"{path} is {', '.join(sorted(found))}, published as {', '.join(sorted(wanted))}"
    yield from change_problems(payload.get("changes", {}))


def change_problems(changes: Payload) -> Iterator[str]:
    for key, change in changes.items():
        if key not in _SAFE_CHANGES:
            yield f"changes.{key} is unknown"
        if set(change) != {"previous", "current"}:
            yield f"changes.{key} has {sorted(change)}"


def missing(kind: str, payloads: list[Payload]) -> set[str]:
    """Published fields that none of these bodies has, but those that are not sent on purpose."""
    shapes: Shapes = {}
    for payload in payloads:
        collect(payload, shapes)
    absent = set(_own_shapes(kind)) - set(shapes)
    known = NOT_SENT.get(kind, set())
    return {path for path in absent if not any(path == each or path.startswith(f"{each}.") for each in known)}


def vectors() -> list[tuple[dict[str, str], bytes, str]]:
    """(headers, body, signing token) of GitLab's signature and of the Standard Webhooks test suite."""
    found = []
    for vector in read_json("webhooks/signature_vectors.json")["vectors"]:
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        body = vector["body"].encode() if "body" in vector else _bytes(vector["body_file"])
        found.append(({name: vector[name] for name in names}, body, vector["signing_token"]))
    return found


def _bytes(name: str) -> bytes:
    return published_file(f"webhooks/{name}").read_bytes()


def as_bytes(payload: Payload) -> bytes:
    return json.dumps(payload).encode()
