"""Which partners changed since a moment: what a resync asks instead of observing everybody.

One page per hundred changed issues of the whole group (https://docs.gitlab.com/api/graphql/reference/), so the price
grows with changes and not with partners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.gitlab.client import Client
from app.journey.observed import Place


@dataclass(frozen=True)
class Changes:
    """When issues changed last, of each partner and of the control project; the newest change; the control project's
    newest commit."""

    partners: Mapping[str, datetime]
    control: datetime | None
    newest: datetime | None
    control_commit: str | None


def changes_since(client: Client, place: Place, since: datetime) -> Changes:
    """Reads all changes after `since`. Raises GitLabError."""
    partners: dict[str, datetime] = {}
    newest: datetime | None = None
    control: datetime | None = None
    after = commit = None
    prefix = f"{place.group}/"
    while True:
        variables = {"group": place.group, "control": place.control, "since": since.isoformat(), "after": after}
        data = client.query("changes", variables)
        commit = (((data["control"] or {}).get("repository") or {}).get("tree") or {}).get("lastCommit") or {}
        items = data["group"]["workItems"]
        for node in items["nodes"]:
            path = node["namespace"]["fullPath"]
            at = datetime.fromisoformat(node["updatedAt"].replace("Z", "+00:00"))
            newest = at if newest is None else max(newest, at)
            if path == place.control:
                control = at if control is None else max(control, at)
            elif path.startswith(prefix) and "/" not in path.removeprefix(prefix):
                slug = path.removeprefix(prefix)
                partners[slug] = max(partners.get(slug, at), at)
        if not items["pageInfo"]["hasNextPage"]:
            return Changes(partners, control, newest, commit.get("sha"))
        after = items["pageInfo"]["endCursor"]
