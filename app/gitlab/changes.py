"""Which partners changed since a moment: what a resync asks instead of observing everybody.

One page per hundred changed issues of the whole group (https://docs.gitlab.com/api/graphql/reference/), so the price
grows with changes and not with partners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.gitlab.client import Client
from app.journey import labels
from app.journey.observed import Place


@dataclass(frozen=True)
class Changes:
    """When each partner's issues changed last, and a form for a new partner; the newest change seen; the control
    project's newest commit."""

    partners: Mapping[str, datetime]
    form: datetime | None
    newest: datetime | None
    control_commit: str | None


def changes_since(client: Client, place: Place, since: datetime) -> Changes:
    """Reads all changes after `since`. Raises GitLabError."""
    partners: dict[str, datetime] = {}
    newest: datetime | None = None
    form: datetime | None = None
    after = commit = None
    prefix = f"{place.group}/"
    while True:
        named = {"group": place.group, "control": place.control, "form": [labels.NEWCOMER]}
        data = client.query("changes", {**named, "since": since.isoformat(), "after": after})
        control = data["control"] or {}
        commit = ((control.get("repository") or {}).get("tree") or {}).get("lastCommit") or {}
        forms = (control.get("workItems") or {"nodes": []})["nodes"]
        form = _moment(forms[0]) if forms else form
        items = data["group"]["workItems"]
        for node in items["nodes"]:
            path = node["namespace"]["fullPath"]
            at = _moment(node)
            newest = at if newest is None else max(newest, at)
            if path != place.control and path.startswith(prefix) and "/" not in path.removeprefix(prefix):
                slug = path.removeprefix(prefix)
                partners[slug] = max(partners.get(slug, at), at)
        if not items["pageInfo"]["hasNextPage"]:
            return Changes(partners, form, newest, commit.get("sha"))
        after = items["pageInfo"]["endCursor"]


def _moment(node: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(node["updatedAt"])
