"""Tracker issues that a time without epics left open: their records are taken over, then they are closed.

The trap: asking for them at every look, though hardly any GitLab ever has one.
"""

from __future__ import annotations

from app.gitlab.client import Client
from app.gitlab.instance import Instance
from app.gitlab.nodes import author_of, widgets_of
from app.journey import markers
from app.journey.observed import Place, StandIn


class StandIns:
    """Asked for once for all partners, and for a partner again as long as there is one. Raises GitLabError."""

    def __init__(self, client: Client, instance: Instance, place: Place) -> None:
        self._client = client
        self._instance = instance
        self._place = place
        self._found: dict[str, StandIn] | None = None

    def of(self, slug: str) -> StandIn | None:
        """None too where there are no epics: the tracker issue stands in for one then, and is no left-over."""
        if self._place.epics and (self._found is None or slug in self._found):
            self._found = self._open_trackers()
        return (self._found or {}).get(slug)

    def _open_trackers(self) -> dict[str, StandIn]:
        found: dict[str, StandIn] = {}
        variables = {"portfolio": self._place.control, "types": ["ISSUE"], "author": self._instance.bot_username}
        for nodes in self._client.work_items("portfolio", variables, "namespace"):
            for node in nodes:
                text = widgets_of(node).get("description") or ""
                partner = markers.find("partner", text)
                if partner is not None and node["state"] == "OPEN" and author_of(node) == self._instance.bot_id:
                    found.setdefault(partner, StandIn(node["id"], text))
        return found
